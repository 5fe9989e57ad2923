using Rag.Api.About;
using Rag.Api.Auth;
using Rag.Api.Collections;
using Rag.Api.Http;
using Rag.Api.Idempotency;
using Rag.Api.Jobs;
using Rag.Api.Limits;
using Rag.Core.Answering;
using Rag.Core.Blobs;
using Rag.Core.Caching;
using Rag.Core.Embedding;
using Rag.Core.Indexing;
using Rag.Core.Retrieval;
using Rag.Core.Storage;
using RagPlatform.ServiceDefaults.Configuration;
using RagPlatform.ServiceDefaults.Health;
using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api;

/// <summary>What the API itself needs, beside the engine.</summary>
internal static class ApiServices
{
    public static IServiceCollection AddRagApi(this IServiceCollection services)
    {
        services.AddConfigurationSection<AuthOptions>("Auth");
        services.AddConfigurationSection<LimitOptions>("Limits");
        services.AddKnownSection<StorageOptions>("Storage");
        services.AddKnownSection<BlobOptions>("Blobs");
        services.AddKnownSection<CacheOptions>("Cache");
        services.AddKnownSection<EmbeddingOptions>("Embedding");
        services.AddKnownSection<ChatModelOptions>("Chat");
        services.AddKnownSection<IndexOptions>("Index");
        services.AddKnownSection<RerankOptions>("Rerank");

        services.ConfigureHttpJsonOptions(static options => ApiJson.Configure(options.SerializerOptions));
        services.Configure<RouteHandlerOptions>(static options => options.ThrowOnBadRequest = true);
        services.AddSingleton<IProblemMapper, EngineProblems>();
        services.AddApiDescription();

        services.AddSingleton<UnknownKeyLimit>();
        services.AddSingleton<EventStreamLimit>();
        services.AddSingleton<Authenticator>();
        services.AddSingleton<SessionStore>();
        services.AddSingleton<KeyStore>();
        services.AddSingleton<BootstrapKeys>();
        services.AddHostedService(static provider => provider.GetRequiredService<BootstrapKeys>());
        services.AddSingleton<IdempotencyStore>();
        services.AddHostedService<UnattendedJobs>();
        services.AddSingleton<CollectionGate>();

        // The configured key belongs to a prepared database: whoever waits for readiness uses it next.
        services.AddReadinessCheck("storage", static async (provider, token) =>
            await provider.GetRequiredService<StorageReadiness>().CheckAsync(token) is { } reason ? DependencyHealth.Unavailable(reason)
            : provider.GetRequiredService<BootstrapKeys>().Registering ? DependencyHealth.Unavailable("The database is there; the configured key is being registered.")
            : DependencyHealth.Well);
        services.AddReadinessCheck("index", static async (provider, token) =>
            await provider.CheckIndexAsync(token) is { } reason ? DependencyHealth.Unavailable(reason) : DependencyHealth.Well);
        // Searching and asking need none of them.
        services.AddReadinessCheck(
            "originals",
            static async (provider, token) =>
                await provider.GetRequiredService<IBlobStore>().CheckAsync(token) is { } reason ? DependencyHealth.Degraded(reason) : DependencyHealth.Well,
            required: false);
        services.AddReadinessCheck(
            "key",
            static (provider, _) => Task.FromResult(
                provider.GetRequiredService<BootstrapKeys>().Problem is { } problem ? DependencyHealth.Degraded(problem) : DependencyHealth.Well),
            required: false);
        services.AddReadinessCheck(
            "cache",
            static async (provider, token) =>
                await provider.GetRequiredService<CacheConnection>().CheckAsync(token) is { } reason ? DependencyHealth.Degraded(reason) : DependencyHealth.Well,
            required: false);
        return services;
    }
}
