using System.Runtime.CompilerServices;

namespace Rag.Client;

/// <content>Collections.</content>
public sealed partial class RagClient
{
    /// <summary>One page of the collections that the bearer may see.</summary>
    public Task<Page<Collection>> ListCollectionsAsync(int? limit = null, string? cursor = null, CancellationToken cancellationToken = default) =>
        SendAsync<Page<Collection>>(HttpMethod.Get, WithQuery(Path("collections"), ("limit", Text(limit)), ("cursor", cursor)), null, cancellationToken);

    /// <summary>Every collection that the bearer may see, page by page.</summary>
    public async IAsyncEnumerable<Collection> AllCollectionsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        string? cursor = null;
        do
        {
            var page = await ListCollectionsAsync(200, cursor, cancellationToken).ConfigureAwait(false);
            foreach (var item in page.Items)
            {
                yield return item;
            }

            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }

    /// <summary>A new, empty collection.</summary>
    public Task<Collection> CreateCollectionAsync(CreateCollection collection, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        SendAsync<Collection>(HttpMethod.Post, Path("collections"), Json(collection), cancellationToken, idempotencyKey);

    /// <summary>One collection.</summary>
    public Task<Collection> GetCollectionAsync(string name, CancellationToken cancellationToken = default) =>
        SendAsync<Collection>(HttpMethod.Get, Path("collections", name), null, cancellationToken);

    /// <summary>Renames it or changes its settings.</summary>
    public Task<Collection> UpdateCollectionAsync(string name, UpdateCollection change, CancellationToken cancellationToken = default) =>
        SendAsync<Collection>(HttpMethod.Patch, Path("collections", name), Json(change), cancellationToken);

    /// <summary>Removes it with its documents, chunks and originals.</summary>
    public Task DeleteCollectionAsync(string name, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Delete, Path("collections", name), cancellationToken);
}
