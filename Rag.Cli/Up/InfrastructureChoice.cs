using System.Text.Json;
using Aspire.Hosting.Orchestration.Containers;

namespace Rag.Cli.Up;

/// <summary>
/// What will run the servers, known before AppHost starts because different things have to be there for it. AppHost decides by the same
/// rules and keeps to its first decision.
/// </summary>
internal static class InfrastructureChoice
{
    public const string Containers = "containers";
    public const string Native = "native";

    /// <summary>What is forced, else what an earlier start recorded, else containers when a runtime answers.</summary>
    /// <returns>The choice, and the container runtime that answered where one was asked.</returns>
    public static async Task<(string Kind, string? Runtime)> FindAsync(string? forced, string? wantedRuntime, Checkout checkout, CancellationToken cancellationToken)
    {
        if ((forced ?? Recorded(checkout)) is { } known)
        {
            return (known, null);
        }

        var runtime = await ContainerRuntime.FindAsync(wantedRuntime, cancellationToken);
        return (runtime is null ? Native : Containers, runtime?.Program);
    }

    private static string? Recorded(Checkout checkout)
    {
        var file = Path.Combine(checkout.State, "infrastructure.json");
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(File.ReadAllText(file));
            // Where no server ever came up, nothing is decided.
            return json.RootElement.TryGetProperty("ready", out var ready) && ready.ValueKind == JsonValueKind.False
                ? null
                : json.RootElement.TryGetProperty("kind", out var kind) ? kind.GetString() : null;
        }
        catch (JsonException)
        {
            // AppHost explains a broken record better than this command could; let it start and say so.
            return Native;
        }
    }
}
