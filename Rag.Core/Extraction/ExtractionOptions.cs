using System.ComponentModel.DataAnnotations;

namespace Rag.Core.Extraction;

/// <summary>Limits of the extraction child process. Section <c>Rag:Extraction</c>.</summary>
public sealed class ExtractionOptions
{
    /// <summary>Wall time for one document.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Memory of the child process and its own children together, in MiB.</summary>
    [Range(64, 16384)]
    public int MemoryMiB { get; set; } = 768;

    /// <summary>Pages of one document.</summary>
    [Range(1, 100_000)]
    public int MaxPages { get; set; } = 5000;

    /// <summary>Bytes that a packed format may unpack to, in MiB.</summary>
    [Range(1, 4096)]
    public int MaxUnpackedMiB { get; set; } = 512;

    /// <summary>How many times larger than its packed size an archive may unpack.</summary>
    [Range(2, 10_000)]
    public int MaxUnpackRatio { get; set; } = 200;

    /// <summary>Characters of extracted text, in millions.</summary>
    [Range(1, 1000)]
    public int MaxMillionCharacters { get; set; } = 50;

    /// <summary>How deep elements may stand inside one another in a Word file or JSON. HTML and Markdown have their parsers' own bounds.</summary>
    [Range(50, 2000)]
    public int MaxNesting { get; set; } = 1000;

    /// <summary>File handles of the child process, which needs about 80 itself.</summary>
    [Range(128, 65_536)]
    public int MaxOpenFiles { get; set; } = 256;

    /// <summary>
    /// Size of each file that the child process may write, in MiB. Its readers write none. It is no limit of all of them together: where whatever
    /// takes one over must not fill the disk, give the temporary folder one of its own.
    /// </summary>
    [Range(1, 4096)]
    public int MaxWrittenMiB { get; set; } = 16;

    /// <summary>
    /// The program that reads documents: path of <c>rag-ingest</c> or <c>rag-ingest.dll</c>. By default the running program itself if
    /// it is that one, else the one beside it.
    /// </summary>
    public string? Command { get; set; }
}
