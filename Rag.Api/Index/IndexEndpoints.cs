using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Rag.Api.Auth;
using Rag.Api.Collections;
using Rag.Api.Http;
using Rag.Core.Documents;
using Rag.Core.Indexing;
using Rag.Core.Retrieval;

namespace Rag.Api.Index;

internal sealed record ReindexRequest(string? Collection = null);

/// <summary>State of the index.</summary>
/// <param name="Provider">Which one.</param>
/// <param name="Building">Whether documents are being written anew.</param>
/// <param name="Filling">Whether that is because the index never had everything yet.</param>
/// <param name="Documents">Searchable documents.</param>
/// <param name="Indexed">How many of them it has as they are.</param>
/// <param name="LagSeconds">Age of the oldest change that is not in it; null where each process has an index of its own.</param>
/// <param name="Rebuild">What came of asking for it to be built anew; absent where nobody asked.</param>
internal sealed record IndexAnswer(
    IndexProvider Provider,
    bool Building,
    bool Filling,
    long Documents,
    long Indexed,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] double? LagSeconds,
    RebuildStart? Rebuild = null)
{
    public static IndexAnswer Of(IndexState state, RebuildStart? rebuild = null) =>
        new(state.Provider, state.IsBuilding, state.IsFilling, state.Documents, state.Indexed, state.Lag?.TotalSeconds, rebuild);
}

/// <summary>Routes of the index, for those who keep it running.</summary>
internal static class IndexEndpoints
{
    public static void MapIndex(this RouteGroupBuilder v1)
    {
        var group = v1.MapGroup("/index").WithTags("Index");
        group.MapGet("", StateAsync).Requires(Scope.Admin).WithName("GetIndex").WithSummary("Which index there is, and how far it is, as a whole or for one collection");
        group.MapPost("/reindex", ReindexAsync).Requires(Scope.Admin).WithName("Reindex")
            .WithSummary("Builds the index anew from the database, all of it or one collection, while search goes on");
    }

    private static async Task<Ok<IndexAnswer>> StateAsync(
        string? collection, Caller caller, CollectionGate gate, IIndexRebuilder index, CancellationToken cancellationToken)
    {
        var one = await OneOrAllAsync(collection, "look at the whole index; name a collection in 'collection'", caller, gate, cancellationToken);
        return TypedResults.Ok(IndexAnswer.Of(await index.StateAsync(one, cancellationToken)));
    }

    private static async Task<Accepted<IndexAnswer>> ReindexAsync(
        Body<ReindexRequest> body, Caller caller, CollectionGate gate, IIndexRebuilder index, CancellationToken cancellationToken)
    {
        var one = await OneOrAllAsync(body.Value.Collection, "rebuild the whole index; name a collection in 'collection'", caller, gate, cancellationToken);
        var start = await index.StartAsync(one, cancellationToken);
        return TypedResults.Accepted("/v1/index", IndexAnswer.Of(await index.StateAsync(one, cancellationToken), start));
    }

    private static async Task<CollectionId?> OneOrAllAsync(string? collection, string what, Caller caller, CollectionGate gate, CancellationToken cancellationToken)
    {
        if (collection is not null)
        {
            return (await gate.GetAsync(collection, caller, cancellationToken)).Id;
        }

        caller.MustBeUnconfined(what);
        return null;
    }
}
