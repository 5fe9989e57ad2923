using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Rag.Deploy.Kubernetes;

namespace Rag.Deploy.Writing;

/// <summary>
/// Objects as trees of plain values, the one form that is written, compared and checked: members in the order of the types, without nulls.
/// </summary>
public static class ManifestTree
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        // Text stays text; the writer of YAML owns quoting.
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The tree of one object.</summary>
    public static JsonObject Of(KubernetesObject one)
    {
        ArgumentNullException.ThrowIfNull(one);
        return JsonSerializer.SerializeToNode(one, one.GetType(), Format) as JsonObject
            ?? throw new InvalidOperationException($"{one.GetType().Name} is not written as an object.");
    }

    /// <summary>The tree of a part of an object.</summary>
    public static JsonNode? OfPart<T>(T part) => JsonSerializer.SerializeToNode(part, Format);
}
