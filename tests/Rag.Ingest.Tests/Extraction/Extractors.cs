using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Rag.Core.Extraction;
using Rag.Core.Extraction.ChildProcess;

namespace Rag.Ingest.Tests.Extraction;

/// <summary>Extractors over real child processes, and what the tests ask the operating system about them.</summary>
internal static class Extractors
{
    /// <summary>Far beyond what anything here takes, also on a machine with ten other things to do.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static ProcessDocumentExtractor Create(ExtractionOptions? options = null, ILogger<ProcessDocumentExtractor>? logger = null, TimeProvider? time = null) =>
        new(Options.Create(options ?? new ExtractionOptions()), time ?? TimeProvider.System, logger ?? NullLogger<ProcessDocumentExtractor>.Instance);

    public static ExtractionRequest Request(byte[] content, string fileName) => new(fileName, null, _ => Task.FromResult<Stream>(new MemoryStream(content)));

    public static ExtractionRequest Request(string content, string fileName) => Request(System.Text.Encoding.UTF8.GetBytes(content), fileName);

    /// <summary>Ids of the children of this process that are extraction children and alive.</summary>
    public static IReadOnlyList<int> Children() =>
    [
        .. Directory.EnumerateDirectories("/proc/self/task")
            .SelectMany(static task => ReadOrEmpty(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(static id => int.Parse(id, CultureInfo.InvariantCulture))
            .Where(static id => ReadOrEmpty($"/proc/{id}/cmdline").Contains(ExtractionChildServer.Switch, StringComparison.Ordinal)),
    ];

    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < Patience, what);
            await Task.Delay(20);
        }
    }

    public static string ReadOrEmpty(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return string.Empty;
        }
    }
}

/// <summary>These tests count this process's children and therefore run one after another.</summary>
[CollectionDefinition(nameof(ChildProcesses), DisableParallelization = true)]
public sealed class ChildProcesses;
