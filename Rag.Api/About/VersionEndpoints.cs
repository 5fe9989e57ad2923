using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Rag.Api.Auth;
using Rag.Core.Answering;
using Rag.Core.Embedding;
using Rag.Core.Retrieval;
using RagPlatform.ServiceDefaults.Telemetry;

namespace Rag.Api.About;

internal sealed record VersionAnswer(string Version, string? Commit, EmbeddingAnswer? Embedding, ChatAnswer Chat, IndexAnswer Index);

internal sealed record EmbeddingAnswer(string Provider, string Model);

internal sealed record ChatAnswer(string Model);

internal sealed record IndexAnswer(string Provider);

/// <summary>What answers here.</summary>
internal static class VersionEndpoints
{
    public static void MapVersion(this RouteGroupBuilder v1) => v1
        .MapGet("/version", Get).RequiresAnyBearer().WithTags("About").WithName("GetVersion").WithSummary("Version and models");

    private static Ok<VersionAnswer> Get(AnsweringService answering, IOptions<IndexOptions> index, IServiceProvider services)
    {
        var space = services.GetService<IEmbedder>()?.Space;
        return TypedResults.Ok(new VersionAnswer(
            ServiceVersion.Text,
            ServiceVersion.Commit,
            space is null ? null : new EmbeddingAnswer(space.Provider, space.Model),
            new ChatAnswer(answering.Model),
            new IndexAnswer(index.Value.Provider.ToString().ToLowerInvariant())));
    }
}
