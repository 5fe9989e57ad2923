using Rag.Api.Auth;
using Rag.Core;
using Rag.Core.Documents;

namespace Rag.Api.Collections;

/// <summary>Finds collections for callers: one that a key may not see is, for it, not there.</summary>
internal sealed class CollectionGate(CollectionService collections)
{
    /// <exception cref="RagException"><c>collection-not-found</c>.</exception>
    public async Task<Collection> GetAsync(string name, Caller caller, CancellationToken cancellationToken)
    {
        var collection = await collections.GetAsync(name, cancellationToken);
        return caller.MaySee(collection.Id)
            ? collection
            : throw new RagException("collection-not-found", $"There is no collection '{name}'. GET /v1/collections lists those there are.");
    }
}
