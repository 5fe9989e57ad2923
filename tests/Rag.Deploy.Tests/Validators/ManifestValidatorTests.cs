using System.Text.Json.Nodes;
using Rag.Deploy.Tests.Checks;

namespace Rag.Deploy.Tests.Validators;

/// <summary>Every object that is rendered, in the eyes of two programs that know the API.</summary>
public sealed class ManifestValidatorTests
{
    // Kinds of operators whose types neither of the two has; what is generated of them stands in the snapshots.
    private static readonly string[] KnownToNone = ["external-secrets.io/v1 ExternalSecret", "postgresql.cnpg.io/v1 Cluster"];

    // Of these the second has types.
    private static readonly string[] KnownToModels =
    [
        "gateway.networking.k8s.io/v1 HTTPRoute", "keda.sh/v1alpha1 ScaledObject", "keda.sh/v1alpha1 TriggerAuthentication", "monitoring.coreos.com/v1 PrometheusRule",
        "monitoring.coreos.com/v1 ServiceMonitor",
    ];

    public static TheoryData<string> Platforms => [.. RenderedPlatform.Names];

    [KubectlTheory]
    [MemberData(nameof(Platforms))]
    public async Task Every_field_is_one_that_the_API_knows_and_none_is_missing(string name)
    {
        var verdict = await ManifestValidators.JudgeAsync(ManifestValidators.Fields, (await RenderedPlatform.Of(name)).Objects);

        Assert.Empty(verdict.Faults);
        Assert.Empty(verdict.Unknown.Except(KnownToNone).Except(KnownToModels));
    }

    [KubectlTheory]
    [MemberData(nameof(Platforms))]
    public async Task Every_value_is_one_that_the_API_takes(string name)
    {
        var verdict = await ManifestValidators.JudgeAsync(ManifestValidators.Models, (await RenderedPlatform.Of(name)).Objects);

        Assert.Empty(verdict.Faults);
        Assert.Empty(verdict.Unknown.Except(KnownToNone));
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
