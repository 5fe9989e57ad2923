namespace Rag.Core.Extraction;

/// <summary>
/// Turns the bytes of one original into text and structure. The default runs <c>rag-ingest --extract</c> as a child process, so
/// that a hostile file costs that process and never the worker.
/// </summary>
public interface IDocumentExtractor
{
    /// <summary>Extracts one document.</summary>
    /// <param name="request">The original and what is known of it.</param>
    /// <param name="cancellationToken">Ends the child process.</param>
    /// <exception cref="ExtractionException">The document's own fault: park it at once, with the message as reason.</exception>
    /// <exception cref="RagException">Not the document's fault; transient when a disk, a folder or a tool is the reason.</exception>
    Task<ExtractedDocument> ExtractAsync(ExtractionRequest request, CancellationToken cancellationToken);
}

/// <summary>One original to extract.</summary>
/// <param name="FileName">As uploaded; only its extension is a hint, the content decides.</param>
/// <param name="DeclaredMediaType">As the client declared it; a hint.</param>
/// <param name="OpenContent">Opens the original for reading from its start; the extractor disposes the stream and may ask a second time.</param>
public sealed record ExtractionRequest(
    string FileName,
    string? DeclaredMediaType,
    Func<CancellationToken, Task<Stream>> OpenContent);

/// <summary>A document that cannot be extracted, now or later: repeating it would end the same way.</summary>
/// <param name="code">Stable reason, one of <see cref="ExtractionProblems"/>.</param>
/// <param name="message">Reason in words for the person who uploaded it, with what to do.</param>
/// <param name="inner">The cause, for logs.</param>
public sealed class ExtractionException(string code, string message, Exception? inner = null)
    : RagException(code, message, isTransient: false, inner);

/// <summary>Stable reasons why a document cannot be extracted.</summary>
public static class ExtractionProblems
{
    /// <summary>No extractor knows this content.</summary>
    public const string UnsupportedType = "unsupported-type";

    /// <summary>The file has no bytes.</summary>
    public const string Empty = "empty-file";

    /// <summary>The file is damaged or cut off.</summary>
    public const string Corrupt = "corrupt-file";

    /// <summary>The file asks for a password.</summary>
    public const string Encrypted = "encrypted-file";

    /// <summary>The file holds pictures of text but no text.</summary>
    public const string NoText = "no-text";

    /// <summary>More pages than allowed.</summary>
    public const string TooManyPages = "too-many-pages";

    /// <summary>It unpacks to more than allowed.</summary>
    public const string TooLarge = "too-large-unpacked";

    /// <summary>Its elements stand deeper inside one another than allowed.</summary>
    public const string TooDeep = "too-deeply-nested";

    /// <summary>Extraction needed more open or larger files than allowed.</summary>
    public const string TooManyFiles = "extraction-files";

    /// <summary>Extraction took longer than allowed.</summary>
    public const string TimedOut = "extraction-timeout";

    /// <summary>Extraction needed more memory than allowed.</summary>
    public const string OutOfMemory = "extraction-memory";

    /// <summary>The reader itself failed over this file, in a fresh process.</summary>
    public const string Failed = "extraction-failed";
}
