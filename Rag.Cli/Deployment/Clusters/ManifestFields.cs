using System.Text.Json.Nodes;

namespace Rag.Cli.Deployment.Clusters;

/// <summary>Short ways to the fields of a manifest that every object has.</summary>
internal static class ManifestFields
{
    public static string Kind(this JsonObject one) => one["kind"]?.ToString() ?? "";

    public static string ApiVersion(this JsonObject one) => one["apiVersion"]?.ToString() ?? "";

    public static string Name(this JsonObject one) => one.Text("metadata", "name") ?? "";

    /// <summary>The node at a path; null where anything on the way is missing.</summary>
    public static JsonNode? At(this JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (var step in path)
        {
            node = (node as JsonObject)?[step];
        }

        return node;
    }

    public static string? Text(this JsonNode? node, params ReadOnlySpan<string> path) => node.At(path)?.ToString();

    public static IEnumerable<JsonObject> Items(this JsonNode? node, params ReadOnlySpan<string> path) => (node.At(path) as JsonArray)?.OfType<JsonObject>() ?? [];

    /// <summary>The pod that a workload makes, whatever its kind; null where it makes none.</summary>
    public static JsonObject? PodSpec(this JsonObject one) => (one.Kind() switch
    {
        "Pod" => one["spec"],
        "CronJob" => one.At("spec", "jobTemplate", "spec", "template", "spec"),
        _ => one.At("spec", "template", "spec"),
    }) is JsonObject spec && spec["containers"] is JsonArray ? spec : null;

    public static IEnumerable<JsonObject> Containers(this JsonObject podSpec) => podSpec.Items("initContainers").Concat(podSpec.Items("containers"));
}
