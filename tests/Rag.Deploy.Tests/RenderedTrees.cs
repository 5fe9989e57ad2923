using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Rag.Deploy.Tests;

/// <summary>Objects that another program wrote as YAML, as trees to compare with what was planned.</summary>
internal static class RenderedTrees
{
    public static List<JsonObject> Parse(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        return [.. stream.Documents.Select(static document => (JsonObject)Tree(document.RootNode)!)];
    }

    /// <summary>Kubernetes keeps no order in lists whose items have an identity, and kustomize takes that right.</summary>
    public static bool Same(JsonNode? a, JsonNode? b) => (a, b) switch
    {
        (JsonObject x, JsonObject y) => x.Count == y.Count && x.All(pair => y.ContainsKey(pair.Key) && Same(pair.Value, y[pair.Key])),
        (JsonArray x, JsonArray y) when x.Concat(y).All(static item => item is JsonObject) => x.Count == y.Count && x.All(item => y.Any(other => Same(item, other))),
        (JsonArray x, JsonArray y) => x.Count == y.Count && x.Zip(y).All(static pair => Same(pair.First, pair.Second)),
        _ => a?.ToString() == b?.ToString() && a?.GetValueKind() == b?.GetValueKind(),
    };

    private static JsonNode? Tree(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(static pair => KeyValuePair.Create(((YamlScalarNode)pair.Key).Value!, Tree(pair.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(Tree)]),
        YamlScalarNode { Style: not ScalarStyle.Plain } text => text.Value,
        YamlScalarNode { Value: "true" } => true,
        YamlScalarNode { Value: "false" } => false,
        YamlScalarNode plain when int.TryParse(plain.Value, CultureInfo.InvariantCulture, out var number) => number,
        YamlScalarNode plain => plain.Value,
        _ => null,
    };
}
