using Microsoft.Extensions.Options;
using Rag.Core.Extraction;
using Rag.Testing;

namespace Rag.Core.Tests.Extraction;

/// <summary>Runs the readers of the formats in the test's own process.</summary>
internal static class Extracting
{
    public static Task<ExtractedDocument> ExtractAsync(byte[] content, string fileName, string? mediaType = null, ExtractionOptions? options = null) =>
        new InProcessDocumentExtractor(Options.Create(options ?? new ExtractionOptions()))
            .ExtractAsync(new ExtractionRequest(fileName, mediaType, _ => Task.FromResult<Stream>(new MemoryStream(content))), CancellationToken.None);

    public static Task<ExtractedDocument> ExtractAsync(string content, string fileName, string? mediaType = null) =>
        ExtractAsync(System.Text.Encoding.UTF8.GetBytes(content), fileName, mediaType);

    public static async Task<ExtractionException> FailsAsync(byte[] content, string fileName, string? mediaType = null, ExtractionOptions? options = null) =>
        await Assert.ThrowsAsync<ExtractionException>(() => ExtractAsync(content, fileName, mediaType, options));

    /// <summary>The blocks as lines such as <c>Heading1 [] Pumps</c>.</summary>
    public static string Outline(ExtractedDocument document) => string.Join(
        '\n',
        document.Blocks.Select(block =>
            $"{block.Kind}{(block.Level > 0 ? block.Level : string.Empty)} [{string.Join(" > ", block.Headings)}] {document.Text[block.Start..block.End].Replace("\n", "\\n", StringComparison.Ordinal)}"));

    /// <summary>What the contract of an extracted document promises.</summary>
    public static void AssertContract(ExtractedDocument document)
    {
        Assert.True(TextNormalizer.IsNormalized(document.Text));
        var at = 0;
        foreach (var block in document.Blocks)
        {
            Assert.True(block.Start >= at && block.End > block.Start && block.End <= document.Text.Length);
            Assert.True(document.Text.AsSpan(at, block.Start - at).IsWhiteSpace());
            at = block.End;
        }

        Assert.True(document.Text.AsSpan(at).IsWhiteSpace());
    }
}
