using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning;
using Rag.Deploy.Values;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Rag.Deploy.Tests.Values;

/// <summary>
/// The production file that people are given: everything at once, and still on one screen. What is rendered from it goes through all checks,
/// validators and comparisons as the environment 'example'; here is what it is and what it means.
/// </summary>
public sealed class ExampleValuesTests
{
    private static readonly string Text = Environments.Text(Environments.Example).Text;

    [Fact]
    public void It_has_at_most_sixty_lines_of_block_style()
    {
        Assert.InRange(Text.TrimEnd('\n').Split('\n').Length, 20, 60);
        var parser = new Parser(new StringReader(Text));
        while (parser.MoveNext())
        {
            Assert.False(parser.Current is MappingStart { Style: MappingStyle.Flow } or SequenceStart { Style: SequenceStyle.Flow }, $"line {parser.Current!.Start.Line}: a flow collection");
        }
    }

    [Fact]
    public void Every_part_that_production_wants_is_in_it()
    {
        var values = Environments.All.Environments["example"];

        Assert.Equal((StoreMode.External, StoreMode.Bundled, StoreMode.Bundled, 3), (values.Stores["postgres"].Mode, values.Stores["cache"].Mode, values.Stores["vectors"].Mode, values.Stores["vectors"].Replicas));
        Assert.Equal((ExposureKind.Gateway, SecretMode.External, MonitoringMode.Operator), (values.Exposure.Kind, values.Secrets.Mode, values.Monitoring.Mode));
        Assert.Superset(
            new HashSet<Feature> { Feature.Gateway, Feature.Keda, Feature.ExternalSecrets, Feature.GpuInference, Feature.Monitoring, Feature.NetworkPolicies },
            new HashSet<Feature>(Planner.Features(values)));
        Assert.Empty(Environments.Plan("example").Notices);
    }

    [Fact]
    public void The_services_are_told_of_everything_without_being_named_in_it()
    {
        var plan = Environments.Plan("example");

        var api = plan.Find<ConfigMap>("rag-api-config").Data!;
        Assert.Equal(("http://inference-chat:8000/v1", "Qwen/Qwen3-8B", "/run/secrets/platform/inference-key"), (api["Rag__Chat__BaseUrl"], api["Rag__Chat__Model"], api["Rag__Chat__ApiKeyFile"]));
        foreach (var service in (string[])["rag-api-config", "rag-ingest-config"])
        {
            var told = plan.Find<ConfigMap>(service).Data!;
            Assert.Equal(("http://inference-embedding:8000/v1", "BAAI/bge-m3", "1024", "openai"), (told["Rag__Embedding__BaseUrl"], told["Rag__Embedding__Model"], told["Rag__Embedding__Dimensions"], told["Rag__Embedding__Provider"]));
            Assert.Equal("2", told["Rag__Index__Qdrant__ReplicationFactor"]);
            Assert.Contains("Host=postgres.example.com", told["ConnectionStrings__ragdb"], StringComparison.Ordinal);
        }

        Assert.DoesNotContain(plan.Find<ConfigMap>("rag-web-config").Data!, static variable => variable.Key.StartsWith("Rag__Chat", StringComparison.Ordinal) || variable.Key.StartsWith("Rag__Index", StringComparison.Ordinal));
        Assert.Equal((2, 6), (plan.Find<ScaledObject>("rag-ingest").Spec.MinReplicaCount, plan.Find<ScaledObject>("rag-ingest").Spec.MaxReplicaCount));
        Assert.Equal(
            ["bootstrap-key", "cache-password", "inference-key", "postgres-password", "vectors-Key"],
            plan.Find<ExternalSecret>("ragplatform-secrets").Spec.Data.Select(static one => one.RemoteRef.Key.Replace("rag/prod/", "", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Equal(3, plan.Find<StatefulSet>("vectors").Spec.Replicas);
    }
}
