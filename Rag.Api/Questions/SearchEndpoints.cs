using Microsoft.AspNetCore.Http.HttpResults;
using Rag.Api.Auth;
using Rag.Api.Collections;
using Rag.Api.Http;
using Rag.Api.Idempotency;
using Rag.Core.Retrieval;

namespace Rag.Api.Questions;

/// <summary>Evidence without an answer.</summary>
internal static class SearchEndpoints
{
    /// <summary>Longest query or question, in characters.</summary>
    public const int MaxQuery = 4000;

    private const int DefaultLimit = 10;
    private const int MaxLimit = 100;

    public static void MapSearch(this RouteGroupBuilder collections) => collections
        .MapPost("/{name}/search", SearchAsync)
        .Requires(Scope.Read)
        .WithMetadata(new NotReplayed())
        .WithTags("Questions")
        .WithName("Search")
        .WithSummary("Passages for a query, best first");

    private static async Task<Ok<SearchAnswer>> SearchAsync(
        string name, Body<SearchRequest> body, Caller caller, CollectionGate gate, RetrievalService retrieval, CancellationToken cancellationToken)
    {
        var request = body.Value;
        new Validation()
            .Require(!string.IsNullOrWhiteSpace(request.Query), "query", "must hold at least one word.")
            .Require(request.Query.Length <= MaxQuery, "query", $"may have at most {MaxQuery} characters.")
            .Require(request.Limit is null or (>= 1 and <= MaxLimit), "limit", $"must be between 1 and {MaxLimit}, but is {request.Limit}.")
            .Require(request.TokenBudget is null or >= 1, "tokenBudget", "must be at least 1.")
            .Require(request.PassagesPerDocument is null or >= 1, "passagesPerDocument", "must be at least 1.")
            .ThrowIfAny();
        var filter = FilterReader.Read(request.Filter);
        var collection = await gate.GetAsync(name, caller, cancellationToken);
        var result = await retrieval.SearchAsync(
            new SearchQuery
            {
                Collection = collection,
                Text = request.Query,
                Limit = request.Limit ?? DefaultLimit,
                Mode = request.Mode,
                Filter = filter,
                TokenBudget = request.TokenBudget,
                PassagesPerDocument = request.PassagesPerDocument,
            },
            cancellationToken);
        return TypedResults.Ok(SearchAnswer.Of(request.Query, result));
    }
}
