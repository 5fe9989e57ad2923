using Rag.Core.Blobs;
using Rag.Core.Caching;
using Rag.Core.Jobs;
using Rag.Core.Storage;
using RagPlatform.ServiceDefaults.Health;

namespace Rag.Ingest;

/// <summary>Registers the worker.</summary>
internal static class IngestRegistration
{
    /// <summary>The pipeline, the loops that run it, the sweeper, the queue's metrics and the readiness checks.</summary>
    public static IServiceCollection AddIngestWorker(this IServiceCollection services)
    {
        services.AddSingleton<IngestTelemetry>();
        services.AddSingleton<IngestPipeline>();
        services.AddHostedService(provider => provider.GetRequiredService<WorkerPresence>());
        services.AddHostedService<IngestWorker>();
        services.AddHostedService<LeaseReclaimer>();
        services.AddHostedService<SweepSchedule>();
        services.AddHostedService<QueueMetrics>();
        services.AddReadinessCheck("storage", static async (provider, cancellationToken) =>
            await provider.GetRequiredService<StorageReadiness>().CheckAsync(cancellationToken) is { } reason
                ? DependencyHealth.Unavailable(reason)
                : DependencyHealth.Well);
        // What waits for them waits in the queue, and a worker that is not ready would be of no more use.
        services.AddReadinessCheck(
            "originals",
            static async (provider, cancellationToken) =>
                await provider.GetRequiredService<IBlobStore>().CheckAsync(cancellationToken) is { } reason ? DependencyHealth.Degraded(reason) : DependencyHealth.Well,
            required: false);
        services.AddReadinessCheck(
            "cache",
            static async (provider, cancellationToken) =>
                await provider.GetRequiredService<CacheConnection>().CheckAsync(cancellationToken) is { } reason ? DependencyHealth.Degraded(reason) : DependencyHealth.Well,
            required: false);
        return services;
    }
}
