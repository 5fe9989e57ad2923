using System.Text.Json.Nodes;

namespace Rag.Deploy.Tests;

/// <summary>Compares what another program wrote with what was planned.</summary>
internal static class RenderedTrees
{
    // Merged by identity, and in any order the same to Kubernetes.
    private static readonly HashSet<string> Unordered = new(["imagePullSecrets", "ports", "topologySpreadConstraints", "volumeMounts", "volumes"], StringComparer.Ordinal);

    /// <summary>Whether both say the same: members in any order, and lists in their own unless they are of those whose order says nothing.</summary>
    public static bool Same(JsonNode? a, JsonNode? b) => Same("", a, b);

    private static bool Same(string name, JsonNode? a, JsonNode? b) => (a, b) switch
    {
        (JsonObject x, JsonObject y) => x.Count == y.Count && x.All(pair => y.ContainsKey(pair.Key) && Same(pair.Key, pair.Value, y[pair.Key])),
        (JsonArray x, JsonArray y) when Unordered.Contains(name) => x.Count == y.Count && x.All(item => y.Any(other => Same("", item, other))),
        (JsonArray x, JsonArray y) => x.Count == y.Count && x.Zip(y).All(static pair => Same("", pair.First, pair.Second)),
        _ => a?.ToString() == b?.ToString() && a?.GetValueKind() == b?.GetValueKind(),
    };
}
