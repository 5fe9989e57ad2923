using Rag.Deploy.Kubernetes;
using Rag.Deploy.Secrets;
using Rag.Deploy.Values;

namespace Rag.Deploy.Tests.Secrets;

/// <summary>The key of a model endpoint, which the app model has no parameter for.</summary>
public sealed class MoreSecretsTests
{
    private const string Endpoint =
        """
        secrets: { more: [ model-key ] }
        services:
          rag-api:
            env: { Rag__Chat__BaseUrl: "https://models.example.com/v1", Rag__Chat__Model: small, Rag__Chat__ApiKey: "{model-key.value}" }
            egress: [ { cidr: 203.0.113.0/24 }, { namespace: models, pods: { app: vllm }, ports: [ 8000 ] } ]
        """;

    [Fact]
    public void A_variable_that_refers_to_one_is_read_from_a_file()
    {
        var plan = Environments.Plan(TestManifest.Platform, Read(Endpoint));

        var config = plan.Find<ConfigMap>("rag-api-config").Data!;
        Assert.Equal("/run/secrets/platform/model-key", config["Rag__Chat__ApiKeyFile"]);
        Assert.False(config.ContainsKey("Rag__Chat__ApiKey"));
        Assert.Equal(("https://models.example.com/v1", "small"), (config["Rag__Chat__BaseUrl"], config["Rag__Chat__Model"]));
        var source = Assert.Single(Assert.Single(plan.Find<Deployment>("rag-api").Spec.Template.Spec.Volumes!, static volume => volume.Name == "secrets").Projected!.Sources).Secret!;
        Assert.Equal("ragplatform-secrets", source.Name);
        Assert.Contains(source.Items!, static item => item is { Key: "model-key", Path: "model-key" });
    }

    [Fact]
    public void It_may_go_to_the_addresses_and_to_the_namespace_that_the_values_name_and_to_no_other()
    {
        var egress = Environments.Plan(TestManifest.Platform, Read(Endpoint)).Find<NetworkPolicy>("rag-api").Spec.Egress!;

        var inCluster = Assert.Single(egress, static rule => rule.To![0].NamespaceSelector is not null);
        Assert.Equal(("models", "vllm"), (inCluster.To![0].NamespaceSelector!.MatchLabels!["kubernetes.io/metadata.name"], inCluster.To[0].PodSelector!.MatchLabels!["app"]));
        Assert.Equal(8000, Assert.Single(inCluster.Ports!).Port.Number);
        Assert.Equal("203.0.113.0/24", Assert.Single(egress, static rule => rule.To![0].IpBlock is not null).To![0].IpBlock!.Cidr);
    }

    [Fact]
    public void It_is_not_made_up_but_has_its_place_in_the_file_until_somebody_fills_it_in()
    {
        var values = Read(Endpoint);

        var (text, missing) = SecretsFile.Complete(TestManifest.Platform, values, existing: null);
        var (again, _) = SecretsFile.Complete(TestManifest.Platform, values, text);
        var (empty, stillMissing) = SecretsFile.Complete(TestManifest.Platform, values, text.Replace("#model-key=", "model-key=", StringComparison.Ordinal));
        var filled = SecretsFile.Complete(TestManifest.Platform, values, text.Replace("#model-key=", "model-key=sk-1", StringComparison.Ordinal));

        Assert.Equal(["model-key"], missing);
        Assert.Contains("\n#model-key=\n", text, StringComparison.Ordinal);
        Assert.False(SecretsFile.Parse(text).ContainsKey("model-key"));
        Assert.Equal(text, again);
        Assert.Equal(["model-key"], stillMissing);
        Assert.Equal("", SecretsFile.Parse(empty)["model-key"]);
        Assert.Empty(filled.Missing);
        Assert.Equal("sk-1", SecretsFile.Parse(filled.Text)["model-key"]);
    }

    [Fact]
    public void A_store_of_secrets_is_asked_for_it_too()
    {
        var plan = Environments.Plan(TestManifest.Platform, Read(Endpoint.Replace("{ more:", "{ mode: external, store: { name: vault, prefix: rag/ }, more:", StringComparison.Ordinal)));

        Assert.Contains(plan.Find<ExternalSecret>("ragplatform-secrets").Spec.Data, static data => data is { SecretKey: "model-key", RemoteRef.Key: "rag/model-key" });
    }

    [Fact]
    public void A_reference_that_leads_nowhere_says_where_such_secrets_are_named()
    {
        var fault = Assert.Throws<ValuesException>(() => Environments.Plan(TestManifest.Platform, Read("services: { rag-api: { env: { Rag__Chat__ApiKey: '{model-key.value}' } } }")));

        Assert.Contains("there is no resource 'model-key'", fault.Message, StringComparison.Ordinal);
        Assert.Contains("'secrets.more'", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ConnectionStrings__cache: 'redis.example.com:6379'")]
    [InlineData("Smtp__AllowEmptyPassword: 'true'")]
    [InlineData("Rag__Chat__ApiKey: ''")]
    public void What_holds_no_secret_is_not_taken_for_one(string variable) =>
        Assert.NotNull(Environments.Plan(TestManifest.Platform, ValuesReader.Read([Environments.Text("values.yaml"), ("v.yaml", $"services: {{ rag-api: {{ env: {{ {variable} }} }} }}")])));

    private static DeployValues Read(string text) => ValuesReader.Read([Environments.Text("values.yaml"), ("v.yaml", text)]);
}
