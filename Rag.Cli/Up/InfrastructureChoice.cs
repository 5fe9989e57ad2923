using System.Text.Json;
using Rag.Cli.Prerequisites;

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
    public static async Task<string> FindAsync(string? forced, Checkout checkout, CancellationToken cancellationToken)
    {
        if ((forced ?? Recorded(checkout)) is { } known)
        {
            return known;
        }

        var runtime = await Inspection.LookForContainersAsync(cancellationToken);
        return runtime.State == FindingState.Found ? Containers : Native;
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
            return json.RootElement.TryGetProperty("kind", out var kind) ? kind.GetString() : null;
        }
        catch (JsonException)
        {
            // AppHost explains a broken record better than this command could; let it start and say so.
            return Native;
        }
    }
}
