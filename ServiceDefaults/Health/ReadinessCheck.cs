using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace RagPlatform.ServiceDefaults.Health;

/// <summary>How a dependency is.</summary>
/// <param name="Detail">Null when it is well; else what is the matter and what is done without it.</param>
/// <param name="Required">Whether the service cannot do its work without it: then it is not ready, else only degraded.</param>
public sealed record DependencyHealth(string? Detail, bool Required)
{
    /// <summary>It is there.</summary>
    public static DependencyHealth Well { get; } = new(null, false);

    /// <summary>The service works without it, but less well.</summary>
    public static DependencyHealth Degraded(string detail) => new(detail, false);

    /// <summary>The service cannot work without it.</summary>
    public static DependencyHealth Unavailable(string detail) => new(detail, true);
}

/// <summary>Registers what <c>/health/ready</c> looks at.</summary>
public static class ReadinessCheck
{
    // Shorter than the probe's own time-out of 2 s, so that the answer names the dependency that hangs.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1.5);

    /// <summary>Adds a check. It should answer from what the service knows already or within 1.5 s.</summary>
    /// <param name="services">Of the service.</param>
    /// <param name="name">Of the dependency.</param>
    /// <param name="check">How it is.</param>
    /// <param name="required">What an exception or no answer in time means: not ready, or only degraded.</param>
    public static IServiceCollection AddReadinessCheck(
        this IServiceCollection services, string name, Func<IServiceProvider, CancellationToken, Task<DependencyHealth>> check, bool required = true)
    {
        services.AddHealthChecks().Add(new HealthCheckRegistration(
            name, provider => new Adapter(provider, check), required ? HealthStatus.Unhealthy : HealthStatus.Degraded, tags: null, Timeout));
        return services;
    }

    private sealed class Adapter(IServiceProvider services, Func<IServiceProvider, CancellationToken, Task<DependencyHealth>> check) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            var health = await check(services, cancellationToken);
            return health switch
            {
                { Detail: null } => HealthCheckResult.Healthy(),
                { Required: true } => HealthCheckResult.Unhealthy(health.Detail),
                _ => HealthCheckResult.Degraded(health.Detail),
            };
        }
    }
}
