using System.Text.Json.Nodes;

namespace Rag.Deploy.Tests;

/// <summary>Compares what another program wrote with what was planned.</summary>
internal static class RenderedTrees
{
    /// <summary>Kubernetes keeps no order in lists whose items have an identity, and kustomize takes that right.</summary>
    public static bool Same(JsonNode? a, JsonNode? b) => (a, b) switch
    {
        (JsonObject x, JsonObject y) => x.Count == y.Count && x.All(pair => y.ContainsKey(pair.Key) && Same(pair.Value, y[pair.Key])),
        (JsonArray x, JsonArray y) when x.Concat(y).All(static item => item is JsonObject) => x.Count == y.Count && x.All(item => y.Any(other => Same(item, other))),
        (JsonArray x, JsonArray y) => x.Count == y.Count && x.Zip(y).All(static pair => Same(pair.First, pair.Second)),
        _ => a?.ToString() == b?.ToString() && a?.GetValueKind() == b?.GetValueKind(),
    };
}
