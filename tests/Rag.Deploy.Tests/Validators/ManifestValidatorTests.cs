using System.Text.Json.Nodes;
using Rag.Deploy.Tests.Checks;

namespace Rag.Deploy.Tests.Validators;

/// <summary>Every object that is rendered, in the eyes of programs that know the API and the definitions of operators.</summary>
public sealed class ManifestValidatorTests
{
    // Kubernetes' own types have none of them; a compiler of their definitions looks at them instead.
    private static readonly string[] Operators =
    [
        "external-secrets.io/v1 ExternalSecret",
        "gateway.networking.k8s.io/v1 HTTPRoute",
        "keda.sh/v1alpha1 ScaledObject",
        "keda.sh/v1alpha1 TriggerAuthentication",
        "monitoring.coreos.com/v1 PrometheusRule",
        "monitoring.coreos.com/v1 ServiceMonitor",
        "postgresql.cnpg.io/v1 Cluster",
    ];

    public static TheoryData<string> Platforms => [.. RenderedPlatform.Names];

    [KubectlTheory]
    [MemberData(nameof(Platforms))]
    public async Task Every_field_is_one_that_the_API_knows_and_none_is_missing(string name)
    {
        var verdict = await ManifestValidators.JudgeAsync(ManifestValidators.Fields, (await RenderedPlatform.Of(name)).Objects);

        Assert.Empty(verdict.Faults);
        Assert.Empty(verdict.Unknown.Except(Operators));
    }

    [KubectlTheory]
    [MemberData(nameof(Platforms))]
    public async Task Every_field_of_an_operators_object_is_one_that_its_definition_knows(string name)
    {
        var verdict = await ManifestValidators.JudgeAsync(ManifestValidators.Types, (await RenderedPlatform.Of(name)).Objects);

        Assert.Empty(verdict.Faults);
        Assert.Empty(verdict.Unknown);
    }

    [KubectlTheory]
    [MemberData(nameof(Platforms))]
    public async Task Every_value_is_one_that_the_API_takes(string name)
    {
        var verdict = await ManifestValidators.JudgeAsync(ManifestValidators.Models, (await RenderedPlatform.Of(name)).Objects);

        Assert.Empty(verdict.Faults);
        Assert.Empty(verdict.Unknown);
    }

    [KubectlFact]
    public async Task What_is_wrong_in_an_operators_object_is_found()
    {
        (string Kind, string Environment, string Field)[] places =
        [
            ("external-secrets.io/v1 ExternalSecret", "example", "spec.secretStoreRef.kind"),
            ("gateway.networking.k8s.io/v1 HTTPRoute", "example", "spec.rules[0].matches[0].path.type"),
            ("keda.sh/v1alpha1 ScaledObject", "example", "spec.minReplicaCount"),
            ("keda.sh/v1alpha1 TriggerAuthentication", "example", "spec.secretTargetRef"),
            ("monitoring.coreos.com/v1 PrometheusRule", "example", "spec.groups[0].rules[0].labels"),
            ("monitoring.coreos.com/v1 ServiceMonitor", "example", "spec.endpoints[0].honorLabels"),
            ("postgresql.cnpg.io/v1 Cluster", "everything", "spec.primaryUpdateStrategy"),
        ];
        Assert.Equal(Operators, places.Select(static place => place.Kind));
        var (misspelt, wrong, expected) = (new List<JsonObject>(), new List<JsonObject>(), new List<string>());
        foreach (var (kind, environment, field) in places)
        {
            var rendered = (await RenderedPlatform.Of(environment)).Objects.First(one => $"{one["apiVersion"]} {one["kind"]}" == kind);
            var (whole, parent, key) = Place(rendered, field);
            parent[key + "x"] = parent[key]!.DeepClone();
            parent.Remove(key);
            misspelt.Add(whole);
            (whole, parent, key) = Place(rendered, field);
            parent[key] = "nonsense";
            wrong.Add(whole);
            expected.Add($"{rendered["kind"]}/{rendered["metadata"]!["name"]}");
        }

        var fields = (await ManifestValidators.JudgeAsync(ManifestValidators.Types, misspelt)).Faults;
        var words = (await ManifestValidators.JudgeAsync(ManifestValidators.Models, wrong)).Faults;

        Assert.Equal(expected.Zip(places, static (name, place) => $"{name}.{place.Field}x"), fields.Select(static fault => fault.Split(": ")[0]));
        Assert.Equal(expected, words.Select(static fault => fault.Split(": ")[0]));
    }

    [Theory]
    [InlineData("""{ "spec": { "replica": 2 } }""", "Deployment/a.spec.replica: there is no such field")]
    [InlineData("""{ "spec": { "template": { "spec": { "containers": [ { "name": "a", "livenessprobe": {} } ] } } } }""", "Deployment/a.spec.template.spec.containers[0].livenessprobe: there is no such field")]
    [InlineData("""{ "spec": { "selector": null } }""", "Deployment/a.spec.selector: it is missing")]
    [InlineData("""{ "spec": { "replicas": "2" } }""", "Deployment/a.spec.replicas: a number is expected")]
    public async Task A_field_that_there_is_not_or_that_is_missing_is_found(string change, string expected)
    {
        Assert.Empty((await ManifestValidators.JudgeAsync(ManifestValidators.Fields, [Deployment("{}")])).Faults);

        var verdict = await ManifestValidators.JudgeAsync(ManifestValidators.Fields, [Deployment(change)]);

        Assert.Equal([expected], verdict.Faults);
    }

    [Theory]
    [InlineData("""{ "spec": { "strategy": { "type": "Rolling" } } }""")]
    [InlineData("""{ "spec": { "selector": null } }""")]
    [InlineData("""{ "spec": { "replicas": "two" } }""")]
    public async Task A_word_that_is_not_allowed_is_found(string change)
    {
        Assert.Empty((await ManifestValidators.JudgeAsync(ManifestValidators.Models, [Deployment("{}")])).Faults);

        var verdict = await ManifestValidators.JudgeAsync(ManifestValidators.Models, [Deployment(change)]);

        Assert.StartsWith("Deployment/a: ", Assert.Single(verdict.Faults), StringComparison.Ordinal);
    }

    // spec.rules[0].name -> a copy of it all, the object in it that holds the field, and "name".
    private static (JsonObject Whole, JsonObject Parent, string Key) Place(JsonObject rendered, string path)
    {
        var root = (JsonObject)rendered.DeepClone();
        var steps = path.Replace("[", ".[", StringComparison.Ordinal).Split('.');
        var parent = steps[..^1].Aggregate((JsonNode)root, static (node, step) => step[0] == '[' ? node[int.Parse(step.Trim('[', ']'), System.Globalization.CultureInfo.InvariantCulture)]! : node[step]!);
        return (root, (JsonObject)parent, steps[^1]);
    }

    private static JsonObject Deployment(string change)
    {
        var whole = (JsonObject)JsonNode.Parse(
            """
            {
              "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "a" },
              "spec": {
                "selector": { "matchLabels": { "app": "a" } },
                "template": { "metadata": { "labels": { "app": "a" } }, "spec": { "containers": [ { "name": "a", "image": "a:1", "resources": { "limits": { "cpu": 1, "memory": "1Gi" } } } ] } }
              }
            }
            """)!;
        Lay(whole, (JsonObject)JsonNode.Parse(change)!);
        return whole;
    }

    private static void Lay(JsonObject under, JsonObject over)
    {
        foreach (var (name, value) in over)
        {
            if (value is null)
            {
                under.Remove(name);
            }
            else if (value is JsonObject inner && under[name] is JsonObject known)
            {
                Lay(known, inner);
            }
            else
            {
                under[name] = value.DeepClone();
            }
        }
    }
}
