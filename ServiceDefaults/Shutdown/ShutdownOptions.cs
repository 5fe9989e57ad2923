using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace RagPlatform.ServiceDefaults.Shutdown;

/// <summary><c>Rag:Shutdown</c>: how the process leaves when it is asked to.</summary>
public sealed record ShutdownOptions
{
    /// <summary>
    /// Time between "not ready" and the stop, during which new connections are still served: load balancers need it to notice.
    /// Default: none in Development, else 5 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan? Delay { get; init; }

    /// <summary>Time for requests and batches in flight to finish after that.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:30:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    internal TimeSpan DelayIn(IHostEnvironment environment) => Delay ?? (environment.IsDevelopment() ? TimeSpan.Zero : TimeSpan.FromSeconds(5));

    // The host reads its time-out while it is built, before the check at start can tell a wrong value in words.
    internal static TimeSpan TimeoutOf(IConfiguration configuration) =>
        TimeSpan.TryParse(configuration["Rag:Shutdown:Timeout"], CultureInfo.InvariantCulture, out var timeout) ? timeout : new ShutdownOptions().Timeout;
}
