namespace Rag.Client;

/// <content>The index.</content>
public sealed partial class RagClient
{
    /// <summary>Which index there is, and how far it is.</summary>
    /// <param name="collection">Null: all of it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<IndexStatus> GetIndexAsync(string? collection = null, CancellationToken cancellationToken = default) =>
        SendAsync<IndexStatus>(HttpMethod.Get, WithQuery(Path("index"), ("collection", collection)), null, cancellationToken);

    /// <summary>Builds the index anew from the database, while search goes on; returns when that has begun, or says why it has not.</summary>
    /// <param name="collection">Null: all of it.</param>
    /// <param name="cancellationToken">Cancels the request, not the work.</param>
    public Task<IndexStatus> ReindexAsync(string? collection = null, CancellationToken cancellationToken = default) =>
        SendAsync<IndexStatus>(HttpMethod.Post, Path("index", "reindex"), Json(new { collection }), cancellationToken);
}
