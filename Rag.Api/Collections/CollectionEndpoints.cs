using Microsoft.AspNetCore.Http.HttpResults;
using Rag.Api.Auth;
using Rag.Api.Http;
using Rag.Core.Chunking;
using Rag.Core.Documents;
using Rag.Core.Retrieval;

namespace Rag.Api.Collections;

internal sealed record CollectionAnswer(
    Guid Id,
    string Name,
    string Description,
    string Language,
    ChunkingSettings Chunking,
    RetrievalSettings Retrieval,
    DocumentCounts Documents,
    long Chunks,
    long SizeBytes,
    DateTimeOffset Created,
    DateTimeOffset Updated)
{
    public static CollectionAnswer Of(CollectionOverview overview)
    {
        var collection = overview.Collection;
        return new CollectionAnswer(
            collection.Id.Value,
            collection.Name,
            collection.Description,
            collection.Settings.Language,
            collection.Settings.Chunking,
            collection.Settings.Retrieval,
            overview.Documents,
            overview.Chunks,
            overview.SizeBytes,
            collection.Created,
            collection.Updated);
    }
}

internal sealed record CreateCollectionRequest(
    string Name, string? Description = null, string? Language = null, ChunkingSettings? Chunking = null, RetrievalSettings? Retrieval = null);

internal sealed record UpdateCollectionRequest(
    string? Name = null, string? Description = null, ChunkingSettings? Chunking = null, RetrievalSettings? Retrieval = null);

/// <summary>Routes of collections themselves.</summary>
internal static class CollectionEndpoints
{
    private const int MaxDescription = 2000;

    public static void MapCollections(this RouteGroupBuilder group)
    {
        group.MapGet("", ListAsync).Requires(Scope.Read).WithTags("Collections").WithName("ListCollections").WithSummary("Collections that the key may see");
        group.MapPost("", CreateAsync).Requires(Scope.Admin).WithTags("Collections").WithName("CreateCollection").WithSummary("A new, empty collection");
        group.MapGet("/{name}", GetAsync).Requires(Scope.Read).WithTags("Collections").WithName("GetCollection").WithSummary("One collection with its counts");
        group.MapPatch("/{name}", PatchAsync).Requires(Scope.Admin).WithTags("Collections").WithName("UpdateCollection").WithSummary("Renames it or changes its settings");
        group.MapDelete("/{name}", DeleteAsync).Requires(Scope.Admin).WithTags("Collections").WithName("DeleteCollection").WithSummary("Removes it with everything in it");
    }

    private static async Task<Ok<PageAnswer<CollectionAnswer>>> ListAsync(
        int? limit, string? cursor, Caller caller, CollectionService collections, CancellationToken cancellationToken)
    {
        var page = await collections.ListAsync(caller.Reach(), Paging.Limit(limit), cursor, cancellationToken);
        return TypedResults.Ok(new PageAnswer<CollectionAnswer>([.. page.Items.Select(CollectionAnswer.Of)], page.NextCursor));
    }

    private static async Task<Created<CollectionAnswer>> CreateAsync(
        Body<CreateCollectionRequest> body, Caller caller, CollectionService collections, CancellationToken cancellationToken)
    {
        caller.MustBeUnconfined("create collections");
        var request = body.Value;
        CheckDescription(request.Description);
        var settings = new CollectionSettings();
        var collection = await collections.CreateAsync(
            new NewCollection(request.Name, request.Description ?? "", settings with
            {
                Language = request.Language ?? settings.Language,
                Chunking = request.Chunking ?? settings.Chunking,
                Retrieval = request.Retrieval ?? settings.Retrieval,
            }),
            cancellationToken);
        return TypedResults.Created($"/v1/collections/{collection.Name}", CollectionAnswer.Of(await collections.DescribeAsync(collection, cancellationToken)));
    }

    private static async Task<Ok<CollectionAnswer>> GetAsync(
        string name, Caller caller, CollectionGate gate, CollectionService collections, CancellationToken cancellationToken) =>
        TypedResults.Ok(CollectionAnswer.Of(await collections.DescribeAsync(await gate.GetAsync(name, caller, cancellationToken), cancellationToken)));

    private static async Task<Ok<CollectionAnswer>> PatchAsync(
        string name, Body<UpdateCollectionRequest> body, Caller caller, CollectionGate gate, CollectionService collections, CancellationToken cancellationToken)
    {
        var request = body.Value;
        CheckDescription(request.Description);
        var collection = await gate.GetAsync(name, caller, cancellationToken);
        var changed = await collections.UpdateAsync(
            collection.Id,
            new CollectionPatch { Name = request.Name, Description = request.Description, Chunking = request.Chunking, Retrieval = request.Retrieval },
            cancellationToken);
        return TypedResults.Ok(CollectionAnswer.Of(await collections.DescribeAsync(changed, cancellationToken)));
    }

    private static async Task<NoContent> DeleteAsync(
        string name, Caller caller, CollectionGate gate, CollectionService collections, CancellationToken cancellationToken)
    {
        var collection = await gate.GetAsync(name, caller, cancellationToken);
        await collections.DeleteAsync(collection.Id, cancellationToken);
        return TypedResults.NoContent();
    }

    private static void CheckDescription(string? description) => new Validation()
        .Require(description is not { Length: > MaxDescription }, "description", $"may have at most {MaxDescription} characters.")
        .ThrowIfAny();
}
