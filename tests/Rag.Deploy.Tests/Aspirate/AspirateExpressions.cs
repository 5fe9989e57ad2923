using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Rag.Deploy.Tests.Aspirate;

/// <summary>
/// References in an app model as aspirate fills them in, which is not as ours does: it passes over <c>annotated.string</c>, so that what refers
/// to one stays as it is, it puts a scheme before the address of an endpoint that is called <c>http</c> only, and every parameter is plain text.
/// </summary>
internal sealed partial class AspirateExpressions(JsonObject resources)
{
    private const int Depth = 8;

    // Those that it has a processor for; every other entry is not there for it.
    private static readonly string[] Supported = ["project.v0", "project.v1", "container.v0", "container.v1", "dockerfile.v0", "parameter.v0", "value.v0"];

    public static bool Knows(JsonNode? resource) => Supported.Contains(resource?["type"]?.ToString());

    /// <summary>What it makes up for a parameter; here the same every time, and easy to find again.</summary>
    public static string Secret(string parameter) => $"made-up-by-aspirate-for-{parameter}";

    /// <summary>The port that a pod listens on; a project's endpoints have none in the model.</summary>
    public static int TargetPort(string name, JsonNode binding) => binding["targetPort"]?.GetValue<int>() ?? (name == "https" ? 8443 : 8080);

    public string Resolve(string text)
    {
        for (var depth = 0; depth < Depth; depth++)
        {
            var resolved = Reference().Replace(text, reference => Find(reference.Groups[1].Value.Split('.')) ?? reference.Value);
            if (resolved == text)
            {
                break;
            }

            text = resolved;
        }

        return text;
    }

    private string? Find(string[] path)
    {
        var resource = resources[path[0]];
        return (Knows(resource), path) switch
        {
            (false, _) => null,
            (_, [_, "bindings", var name, var part]) => OfBinding(path[0], name, resource!["bindings"]![name]!, part),
            (_, [_, "value"]) when resource!["type"]!.ToString() == "parameter.v0" => Secret(path[0]),
            (_, [_, var member]) => resource![member]?.ToString(),
            _ => null,
        };
    }

    private static string OfBinding(string resource, string name, JsonNode binding, string part)
    {
        var target = TargetPort(name, binding);
        return part switch
        {
            "host" => resource,
            "url" => name == "http" ? $"http://{resource}:{target}" : $"{resource}:{target}",
            "scheme" => "http",
            "port" => (binding["port"]?.GetValue<int>() ?? target).ToString(CultureInfo.InvariantCulture),
            _ => target.ToString(CultureInfo.InvariantCulture),
        };
    }

    [GeneratedRegex(@"\{([\w-]+(?:\.[\w-]+)+)\}", RegexOptions.None, 1000)]
    private static partial Regex Reference();
}
