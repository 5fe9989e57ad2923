using System.Text.Json;
using Aspire.Hosting.Orchestration.Containers;

namespace Aspire.Hosting.Orchestration.Infrastructure;

/// <summary>
/// What will run the servers, for those who must know it before the orchestrator starts: the app host, whose model depends on it, and
/// <c>rag up</c>, because different things have to be there for it. The orchestrator decides by the same rules and keeps to its first decision.
/// Stands alone: both compile it into themselves.
/// </summary>
internal static class InfrastructureForecast
{
    public const string Containers = "containers";
    public const string Native = "native";

    /// <summary>What is forced, else what an earlier start recorded, else containers when a runtime answers.</summary>
    /// <param name="forced">The setting.</param>
    /// <param name="wantedRuntime">See <see cref="ContainerRuntime.FindAsync"/>.</param>
    /// <param name="stateDirectory">Where an earlier start recorded; null: nothing is recorded.</param>
    /// <param name="cancellationToken">Ends the question to the runtime.</param>
    /// <returns>The choice, and the container runtime that answered where one was asked.</returns>
    public static async Task<(string Kind, string? Runtime)> FindAsync(
        string? forced, string? wantedRuntime, string? stateDirectory, CancellationToken cancellationToken)
    {
        if ((string.IsNullOrEmpty(forced) ? Recorded(stateDirectory) : forced.ToLowerInvariant()) is { } known)
        {
            return (known, null);
        }

        var runtime = await ContainerRuntime.FindAsync(wantedRuntime, cancellationToken);
        return (runtime is null ? Native : Containers, runtime?.Program);
    }

    /// <summary>What later starts have to keep to; null where no server ever came up, so that nothing is decided.</summary>
    /// <remarks><c>infrastructure.json</c>: <c>{"kind":"native","ready":true,"servers":{...}}</c></remarks>
    public static string? Recorded(string? stateDirectory)
    {
        if (stateDirectory is null || Path.Combine(stateDirectory, "infrastructure.json") is var file && !File.Exists(file))
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(File.ReadAllText(file));
            return json.RootElement.TryGetProperty("ready", out var ready) && ready.ValueKind == JsonValueKind.False
                ? null
                : json.RootElement.TryGetProperty("kind", out var kind) ? kind.GetString() : null;
        }
        catch (JsonException)
        {
            // The orchestrator explains a broken record better than this could; let it start and say so.
            return Native;
        }
    }
}
