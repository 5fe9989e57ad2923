using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace RagPlatform.ServiceDefaults.Health;

/// <summary>What the health endpoints answer.</summary>
/// <param name="Status"><c>ready</c>, <c>degraded</c>, <c>unavailable</c> or <c>draining</c>.</param>
/// <param name="Checks">By dependency, in order of name.</param>
public sealed record HealthAnswer(string Status, IReadOnlyList<HealthCheckAnswer> Checks);

/// <summary>One dependency.</summary>
/// <param name="Name">Which.</param>
/// <param name="Status"><c>ready</c>, <c>degraded</c> or <c>unavailable</c>.</param>
/// <param name="Detail">What is the matter.</param>
public sealed record HealthCheckAnswer(string Name, string Status, string? Detail);

internal static class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/health").WithTags("Health").AllowAnonymous();
        // Neither looks at a dependency: a database that is away must not get the process killed.
        group.MapGet("/live", Alive).WithName("Live");
        group.MapGet("/startup", Alive).WithName("Startup");
        group.MapGet("/ready", ReadyAsync).WithName("Ready").Produces<HealthAnswer>().Produces<HealthAnswer>(StatusCodes.Status503ServiceUnavailable);
        group.MapGet("", ReadyAsync).WithName("Health").Produces<HealthAnswer>().Produces<HealthAnswer>(StatusCodes.Status503ServiceUnavailable);
    }

    private static Ok<HealthAnswer> Alive(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new HealthAnswer("ready", []));
    }

    private static async Task<JsonHttpResult<HealthAnswer>> ReadyAsync(
        HttpContext context, SharedHealth health, Draining draining, CancellationToken cancellationToken)
    {
        context.Response.Headers.CacheControl = "no-store";
        var report = await health.ReportAsync(cancellationToken);
        var checks = report.Entries
            .OrderBy(static entry => entry.Key, StringComparer.Ordinal)
            .Select(static entry => new HealthCheckAnswer(entry.Key, Word(entry.Value.Status), DetailOf(entry.Value)))
            .ToArray();
        var status = draining.Started ? "draining" : Word(report.Status);
        return TypedResults.Json(
            new HealthAnswer(status, checks),
            statusCode: status is "ready" or "degraded" ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private static string Word(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "ready",
        HealthStatus.Degraded => "degraded",
        _ => "unavailable",
    };

    // The exception itself goes to the log only: it may name hosts and users.
    private static string? DetailOf(HealthReportEntry entry) => entry switch
    {
        { Status: HealthStatus.Healthy } => null,
        { Exception: not null and not OperationCanceledException } => "The check itself failed; the log has the cause.",
        _ => entry.Description ?? "No answer in time.",
    };
}
