using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rag.Core.Documents;

namespace Rag.Core.Jobs;

/// <summary>Registers the queue.</summary>
public static class JobRegistration
{
    /// <summary>Adds <see cref="JobQueue"/>, <see cref="WorkerPresence"/> (which a worker starts) and <see cref="Sweeper"/>, with documents under them. A second call changes nothing.</summary>
    public static IServiceCollection AddRagJobs(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        if (services.Any(service => service.ServiceType == typeof(JobQueue)))
        {
            return services;
        }

        services.AddRagDocuments(configuration);
        services.AddOptions<JobOptions>().Bind(configuration.GetSection("Rag:Jobs")).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton<JobQueue>();
        services.AddRagJobControl();
        services.TryAddSingleton<WorkerPresence>();
        services.TryAddSingleton<DriftTelemetry>();
        services.TryAddSingleton<OriginalComparison>();
        services.TryAddSingleton<Sweeper>();
        return services;
    }

    /// <summary>Adds <see cref="FailedJobs"/> and <see cref="QueueControl"/>, for processes that look after the queue without working on it; documents are registered by the caller.</summary>
    public static IServiceCollection AddRagJobControl(this IServiceCollection services)
    {
        services.TryAddSingleton<FailedJobs>();
        services.TryAddSingleton<QueueControl>();
        return services;
    }
}
