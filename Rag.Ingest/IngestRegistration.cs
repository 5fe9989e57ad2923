using Rag.Core.Jobs;
using Rag.Core.Storage;
using RagPlatform.ServiceDefaults.Health;

namespace Rag.Ingest;

/// <summary>Registers the worker.</summary>
internal static class IngestRegistration
{
    /// <summary>The pipeline, the loops that run it, the sweeper, the queue's metrics and the readiness check.</summary>
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
        return services;
    }
}
