using System.Net;
using Rag.Client;

namespace Rag.Web.Sources;

/// <summary>Fetches what a source view shows.</summary>
internal static class SourceReader
{
    // A passage's page and headings are a courtesy: for a document with more chunks than this they are left out.
    private const int MostChunkPages = 5;

    /// <param name="api">With the person's right.</param>
    /// <param name="collection">Its name.</param>
    /// <param name="id">The document.</param>
    /// <param name="request">What a link asks for.</param>
    /// <param name="reach">Code units shown on either side of the passage.</param>
    /// <param name="cancellationToken">Stops the fetching.</param>
    public static async Task<SourceView> ReadAsync(
        RagClient api, string collection, Guid id, SourceRequest request, int reach, CancellationToken cancellationToken)
    {
        var document = await api.GetDocumentAsync(collection, id, cancellationToken);
        var text = await FindTextAsync(api, collection, id, request.Generation, cancellationToken);
        var changed = text is null && request.Generation is not null;
        if (changed)
        {
            // The offsets belong to a text that is gone: show the present one, and mark nothing rather than something wrong.
            text = await FindTextAsync(api, collection, id, generation: null, cancellationToken);
        }

        if (text is null)
        {
            return new SourceView(document, null, null, null, changed);
        }

        var passage = changed ? null : SourceSpan.From(request.Start, request.End)?.Within(text.Text.Length);
        var window = request.From is { } from && from >= 0
            ? SourceWindow.Cut(text.Text, from, Math.Min(from, text.Text.Length) + (2 * reach), passage)
            : SourceWindow.Around(text.Text, passage, reach);
        var place = passage is { } span && text.Generation == document.Generation
            ? await FindPlaceAsync(api, collection, id, span, cancellationToken)
            : null;
        return new SourceView(document, window, passage, place, changed);
    }

    private static async Task<DocumentText?> FindTextAsync(RagClient api, string collection, Guid id, long? generation, CancellationToken cancellationToken)
    {
        try
        {
            return await api.GetTextAsync(collection, id, generation, cancellationToken);
        }
        catch (RagApiException e) when (e.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private static async Task<SourcePlace?> FindPlaceAsync(RagClient api, string collection, Guid id, SourceSpan span, CancellationToken cancellationToken)
    {
        string? cursor = null;
        for (var page = 0; page < MostChunkPages; page++)
        {
            var chunks = await api.ListChunksAsync(collection, id, 200, cursor, cancellationToken);
            if (chunks.Items.FirstOrDefault(x => x.Start <= span.Start && span.Start < x.End) is { } chunk)
            {
                return new SourcePlace(chunk.Headings, chunk.Page);
            }

            if ((cursor = chunks.NextCursor) is null)
            {
                break;
            }
        }

        return null;
    }
}

/// <summary>What a link to a source asks for.</summary>
// From: where the shown stretch begins; null: around the passage.
public sealed record SourceRequest(int? Start, int? End, long? Generation, int? From = null);

/// <summary>A document with the stretch of its text that is shown.</summary>
// Window: null while there is no text yet.
// Passage: the marked passage, if there is one.
// Changed: the asked-for generation is gone.
public sealed record SourceView(Document Document, SourceWindow? Window, SourceSpan? Passage, SourcePlace? Place, bool Changed);

/// <summary>Where in its document a passage stands.</summary>
public sealed record SourcePlace(IReadOnlyList<string> Headings, int? Page);
