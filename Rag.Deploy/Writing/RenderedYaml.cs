using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Rag.Deploy.Writing;

/// <summary>Reads what <c>kubectl kustomize</c> prints back into trees, so that what is looked at is what would be applied.</summary>
public static class RenderedYaml
{
    /// <summary>Reads every document that holds an object.</summary>
    /// <exception cref="DeployException">The text is no YAML.</exception>
    public static IReadOnlyList<JsonObject> Read(string yaml)
    {
        ArgumentNullException.ThrowIfNull(yaml);
        var stream = new YamlStream();
        try
        {
            using var text = new StringReader(yaml);
            stream.Load(text);
        }
        catch (YamlException exception)
        {
            throw new DeployException($"What kustomize rendered is no YAML: {exception.Message}", inner: exception);
        }

        return [.. stream.Documents.Select(static document => Tree(document.RootNode)).OfType<JsonObject>()];
    }

    private static JsonNode? Tree(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(static pair => KeyValuePair.Create(((YamlScalarNode)pair.Key).Value ?? "", Tree(pair.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(Tree)]),
        YamlScalarNode { Style: not ScalarStyle.Plain } quoted => quoted.Value,
        YamlScalarNode { Value: "" or "null" or "~" or null } => null,
        YamlScalarNode { Value: "true" } => true,
        YamlScalarNode { Value: "false" } => false,
        YamlScalarNode plain when long.TryParse(plain.Value, CultureInfo.InvariantCulture, out var number) => number,
        YamlScalarNode plain => plain.Value,
        _ => null,
    };
}
