using System.Net;
using Rag.Client;

namespace Rag.Web.Sources;

/// <summary>Fetches what a source view shows.</summary>
internal static class SourceReader
{
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
        var passage = SourceSpan.From(request.Start, request.End);
        var range = SourceRange.Of(request.From, passage, reach);
        var text = await FindTextAsync(api, collection, id, request.Generation, range, cancellationToken);
        var changed = text is null && request.Generation is not null;
        if (changed || (text is not null && passage is { } named && named.Within(text.Length) is null))
        {
            // The offsets belong to a text that is gone, or to none: show the present one, and mark nothing rather than something wrong.
            passage = null;
            range = SourceRange.Of(request.From, passage, reach);
            text = await FindTextAsync(api, collection, id, text?.Generation, range, cancellationToken);
        }

        if (text is null)
        {
            return new SourceView(document, null, null, null, changed);
        }

        var window = SourceWindow.Cut(new TextSlice(text.Text, text.Start, text.Length), range.From, range.To, passage);
        var place = passage is { } span && text.Generation == document.Generation
            ? await FindPlaceAsync(api, collection, id, span, cancellationToken)
            : null;
        return new SourceView(document, window, passage, place, changed);
    }

    // Never the whole text: originals may have hundreds of megabytes, and a window shows a few pages.
    private static async Task<DocumentText?> FindTextAsync(
        RagClient api, string collection, Guid id, long? generation, SourceRange range, CancellationToken cancellationToken)
    {
        try
        {
            var (from, to) = range.Widened;
            return await api.GetTextAsync(collection, id, generation, from, to, cancellationToken);
        }
        catch (RagApiException e) when (e.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private static async Task<SourcePlace?> FindPlaceAsync(RagClient api, string collection, Guid id, SourceSpan span, CancellationToken cancellationToken)
    {
        var chunks = await api.ListChunksAsync(collection, id, limit: 1, at: span.Start, cancellationToken: cancellationToken);
        return chunks.Items is [{ } chunk, ..] ? new SourcePlace(chunk.Headings, chunk.Page) : null;
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
