using Rag.Core.Extraction.ChildProcess;

namespace Rag.Ingest;

/// <summary>
/// <c>rag-ingest --extract</c>: the same program as a child of the worker, reading documents from its own standard input and output.
/// It builds no host and reads no configuration: nothing of the worker's is within a hostile document's reach.
/// </summary>
internal static class ExtractCommand
{
    public static bool IsRequested(string[] arguments) => arguments is [ExtractionChildServer.Switch];

    public static async Task<int> RunAsync()
    {
        await using var input = Console.OpenStandardInput();
        await using var output = Console.OpenStandardOutput();
        Console.SetOut(TextWriter.Null); // standard output carries frames; a stray line would break them
        return await ExtractionChildServer.RunAsync(input, output, Environment.GetEnvironmentVariable(ExtractionChildServer.DirectoryVariable));
    }
}
