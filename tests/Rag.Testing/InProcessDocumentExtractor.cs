using Microsoft.Extensions.Options;
using Rag.Core.Extraction;

namespace Rag.Testing;

/// <summary>
/// Extracts in this process, without the limits of memory and time that only a process of its own can have: what a reader makes of a
/// file can be tested without the process around it.
/// </summary>
public sealed class InProcessDocumentExtractor(IOptions<ExtractionOptions> options) : IDocumentExtractor
{
    /// <inheritdoc/>
    public async Task<ExtractedDocument> ExtractAsync(ExtractionRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var directory = Directory.CreateTempSubdirectory("rag-extract-");
        try
        {
            var path = Path.Combine(directory.FullName, "original");
            await using (var original = await request.OpenContent(cancellationToken))
            await using (var file = File.Create(path))
            {
                await original.CopyToAsync(file, cancellationToken);
            }

            return await FileExtraction.ExtractAsync(
                new FileToExtract(path, request.FileName, request.DeclaredMediaType), options.Value, cancellationToken);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
