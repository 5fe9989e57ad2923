using System.Collections.Concurrent;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace RagPlatform.ServiceDefaults.Health;

/// <summary>
/// Logs what readiness checks find when it changes; the framework would repeat an outage at every probe. How a dependency is at the first
/// look is no alarm: at a start most are not there yet.
/// </summary>
internal sealed partial class HealthLog(ILogger<HealthLog> logger)
{
    private readonly ConcurrentDictionary<string, HealthStatus> _last = new(StringComparer.Ordinal);

    public void Note(HealthReport report)
    {
        foreach (var (name, entry) in report.Entries)
        {
            HealthStatus? before = null;
            _last.AddOrUpdate(
                name,
                entry.Status,
                (_, last) =>
                {
                    before = last;
                    return entry.Status;
                });
            if (before == entry.Status || (before is null && entry.Status == HealthStatus.Healthy))
            {
                continue;
            }

            if (entry.Status == HealthStatus.Healthy)
            {
                LogWell(name);
            }
            else if (entry.Exception is null && before is null)
            {
                LogNotYet(name, entry.Description);
            }
            else
            {
                LogWorse(name, entry.Status == HealthStatus.Degraded ? "degraded" : "unavailable", entry.Description, entry.Exception);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Information, "{Check} is ready")]
    private partial void LogWell(string check);

    [LoggerMessage(2, LogLevel.Information, "{Check} is not ready yet: {Detail}")]
    private partial void LogNotYet(string check, string? detail);

    [LoggerMessage(3, LogLevel.Warning, "{Check} is {Status}: {Detail}")]
    private partial void LogWorse(string check, string status, string? detail, Exception? exception);
}
