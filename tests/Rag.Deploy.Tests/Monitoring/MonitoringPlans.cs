using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning;
using Rag.Deploy.Values;
using Rag.Deploy.Writing;
using YamlDotNet.RepresentationModel;

namespace Rag.Deploy.Tests.Monitoring;

/// <summary>The platform with its monitoring on.</summary>
internal static class MonitoringPlans
{
    /// <summary>A plan.</summary>
    /// <param name="mode">The mode, and after a comma more of <c>monitoring</c>.</param>
    public static PlatformPlan Of(string mode) => Environments.Plan(TestManifest.Platform, ValuesReader.Read([Environments.Text("values.yaml"), ("on.yaml", $"monitoring: {{ mode: {mode} }}")]));

    /// <summary>The file of rules, or what the operator makes one of.</summary>
    public static string RulesFile(string mode)
    {
        var objects = Of(mode).Objects.Select(static planned => planned.Object).ToList();
        return objects.OfType<PrometheusRule>().SingleOrDefault() is { } rule
            ? YamlText.Write([ManifestTree.OfPart(rule.Spec)!])
            : objects.OfType<ConfigMap>().Single(static map => map.Metadata.Name == "ragplatform-alerts").Data!["rules.yaml"];
    }

    /// <summary>The rules as whoever reads the file understands them.</summary>
    public static IReadOnlyList<AlertingRule> Rules(string mode) =>
    [
        .. from @group in (YamlSequenceNode)Document(RulesFile(mode))["groups"]
           from rule in (YamlSequenceNode)@group["rules"]
           select new AlertingRule(rule["alert"].ToString(), rule["expr"].ToString()) { Labels = Pairs(rule["labels"]), Annotations = Pairs(rule["annotations"]) },
    ];

    /// <summary>The one document of a text.</summary>
    public static YamlMappingNode Document(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        return (YamlMappingNode)stream.Documents.Single().RootNode;
    }

    private static Labels Pairs(YamlNode node) => new(((YamlMappingNode)node).Children.Select(static pair => KeyValuePair.Create(pair.Key.ToString(), pair.Value.ToString())));
}
