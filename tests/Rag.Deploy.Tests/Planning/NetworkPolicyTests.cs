using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning;
using Rag.Deploy.Values;

namespace Rag.Deploy.Tests.Planning;

public sealed class NetworkPolicyTests
{
    [Fact]
    public void The_edges_are_those_of_the_app_model_and_no_more()
    {
        var plan = Environments.Plan("dev");

        Assert.Equal(["rag-api:6333", "rag-ingest:6333"], Incoming(plan.Find<NetworkPolicy>("vectors")));
        Assert.Equal(["rag-api-migration:5432", "rag-api:5432", "rag-ingest:5432"], Incoming(plan.Find<NetworkPolicy>("postgres")));
        Assert.Equal(["rag-web:8080"], Incoming(plan.Find<NetworkPolicy>("rag-api")));
        Assert.Empty(Incoming(plan.Find<NetworkPolicy>("rag-web")));
        Assert.Equal(["cache:6379", "postgres:5432", "vectors:6333"], Outgoing(plan.Find<NetworkPolicy>("rag-api")));
        Assert.Equal(["rag-api:8080"], Outgoing(plan.Find<NetworkPolicy>("rag-web")));
        Assert.Empty(Outgoing(plan.Find<NetworkPolicy>("postgres")));
    }

    [Theory]
    [InlineData("A", "{ext.connectionString}", "ext")]
    [InlineData("A", "{through.connectionString}", "ext")]
    [InlineData("A", "https://{host.value}/v1", "host")]
    [InlineData("A", "https://{user.value}:{pw.value}@{host.value}:5432/{user.value}", "host")]
    [InlineData("A", "Server={host.value};Database={user.value}", "host")]
    [InlineData("MODEL_HOST", "{host.value}", "host")]
    [InlineData("A", "{url.value}", "url")]
    public void A_resource_outside_that_the_values_do_not_open_is_told(string variable, string text, string resource)
    {
        var manifest = Outside(variable, text);

        Assert.Equal(
            $"'w' refers to '{resource}' (env.{variable}), which is outside of the platform, and its network policy lets it reach nothing there: say in 'services.w.egress' of the values where that is, such as [ {{ cidr: 203.0.113.0/24, ports: [ 443 ] }} ].",
            Assert.Single(Environments.Plan(manifest, new DeployValues()).Notices));
        Assert.Empty(Environments.Plan(manifest, Read("services: { w: { egress: [ { cidr: 203.0.113.0/24 } ] } }")).Notices);
        Assert.Empty(Environments.Plan(manifest, Read("network: { policies: false }")).Notices);
    }

    [Theory]
    [InlineData("A", "{host.value}")]
    [InlineData("A", "https://{user.value}@w2/")]
    [InlineData("A", "Database={user.value}")]
    [InlineData("MODEL_HOST", "{inside.value}")]
    [InlineData("A", "http://{inside.value}:80")]
    [InlineData("A", "{local.value}")]
    [InlineData("A", "{inner.connectionString}")]
    public void What_is_no_address_or_one_of_the_platform_is_not(string variable, string text) =>
        Assert.Empty(Environments.Plan(Outside(variable, text), new DeployValues()).Notices);

    [Fact]
    public void Everything_is_denied_that_is_not_allowed()
    {
        var deny = Environments.Plan("dev").Find<NetworkPolicy>("default-deny").Spec;

        Assert.Equal(["Ingress", "Egress"], deny.PolicyTypes);
        Assert.Equal((null, null, null), (deny.PodSelector.MatchLabels, deny.Ingress, deny.Egress));
    }

    [Fact]
    public void Members_of_a_cluster_reach_one_another_on_their_own_port_and_nobody_else_does()
    {
        var policy = Environments.Plan("prod").Find<NetworkPolicy>("vectors");

        Assert.Equal(["rag-api:6333", "rag-ingest:6333", "vectors:6335"], Incoming(policy));
        Assert.Equal(["vectors:6335"], Outgoing(policy));
    }

    [Fact]
    public void What_is_outside_is_reached_at_its_own_addresses()
    {
        var policy = Environments.Plan("everything").Find<NetworkPolicy>("rag-api").Spec;

        Assert.Equal(["198.51.100.0/24", "203.0.113.0/24"], policy.Egress!.SelectMany(static rule => rule.To!).Select(static peer => peer.IpBlock?.Cidr).OfType<string>().Order(StringComparer.Ordinal));
        Assert.Contains(policy.Ingress!, static rule => rule.From![0].NamespaceSelector?.MatchLabels?["kubernetes.io/metadata.name"] == "gateways");
        Assert.Contains(policy.Egress!, static rule => rule.To![0].PodSelector?.MatchLabels?.GetValueOrDefault("cnpg.io/cluster") == "postgres-cluster");
    }

    [Fact]
    public void What_the_platform_adds_talks_to_what_it_is_for_and_to_nothing_else()
    {
        var plan = Environments.Plan("models");

        Assert.Equal(["vectors:6333"], Outgoing(plan.Find<NetworkPolicy>("vectors-backup")));
        Assert.Equal(["load-test:8080", "rag-web:8080", "smoke-test:8080"], Incoming(plan.Find<NetworkPolicy>("rag-api")));
        Assert.Equal(["rag-api:8080"], Outgoing(plan.Find<NetworkPolicy>("smoke-test")));
        Assert.Equal(["rag-api:8000"], Incoming(plan.Find<NetworkPolicy>("inference-chat")));
        Assert.Equal(["rag-api:8000", "rag-ingest:8000"], Incoming(plan.Find<NetworkPolicy>("inference-embedding")));
        Assert.Contains("inference-chat:8000", Outgoing(plan.Find<NetworkPolicy>("rag-api")));
        Assert.DoesNotContain("inference-chat:8000", Outgoing(plan.Find<NetworkPolicy>("rag-ingest")));
        Assert.Equal("198.51.100.0/24", Assert.Single(plan.Find<NetworkPolicy>("rag-api-migration").Spec.Egress!).To![0].IpBlock!.Cidr);
        Assert.Null(plan.Find<NetworkPolicy>("rag-api-migration").Spec.Ingress);
    }

    [Theory]
    [InlineData("host: 10.1.2.3", "10.1.2.3/32")]
    [InlineData("host: db.example.com, cidr: 10.1.0.0/16", "10.1.0.0/16")]
    [InlineData("host: db.example.com", null)]
    public void A_store_outside_is_reached_where_it_is_known_to_be_and_by_name_wherever_it_is(string where, string? expected)
    {
        var plan = Plan($"stores: {{ postgres: {{ mode: external, username: rag, port: 6432, backup: {{}}, {where} }} }}");

        foreach (var name in (string[])["rag-api", "rag-api-migration", "postgres-backup"])
        {
            var rule = Assert.Single(plan.Find<NetworkPolicy>(name).Spec.Egress!, static rule => rule.Ports!.Any(static port => port.Port.Number == 6432));
            Assert.Single(rule.Ports!);
            Assert.Equal(expected, rule.To is null ? null : Assert.Single(rule.To).IpBlock!.Cidr);
            Assert.Null(rule.To?[0].IpBlock!.Except);
        }
    }

    [Fact]
    public void Everything_outside_is_not_what_is_inside()
    {
        var model = Assert.Single(Environments.Plan("models").Find<NetworkPolicy>("inference-chat").Spec.Egress!).To![0].IpBlock!;

        Assert.Equal("0.0.0.0/0", model.Cidr);
        Assert.Contains("10.0.0.0/8", model.Except!);
    }

    [Fact]
    public void Names_are_asked_for_where_the_values_say()
    {
        var standard = Assert.Single(Environments.Plan("dev").Find<NetworkPolicy>("allow-dns").Spec.Egress!);
        Assert.Equal("kube-system", standard.To![0].NamespaceSelector!.MatchLabels!["kubernetes.io/metadata.name"]);
        Assert.Null(standard.To[0].PodSelector);
        Assert.Equal("169.254.20.10/32", standard.To[1].IpBlock!.Cidr);
        Assert.Equal(["UDP 53", "TCP 53"], standard.Ports!.Select(static port => $"{port.Protocol} {port.Port}"));

        var other = Assert.Single(Plan("network: { dns: { namespace: { kubernetes.io/metadata.name: openshift-dns }, podLabels: { dns.operator.openshift.io/daemonset-dns: default }, ports: [ 5353 ], cidr: null } }")
            .Find<NetworkPolicy>("allow-dns").Spec.Egress!);
        var peer = Assert.Single(other.To!);
        Assert.Equal("openshift-dns", peer.NamespaceSelector!.MatchLabels!["kubernetes.io/metadata.name"]);
        Assert.Equal("default", peer.PodSelector!.MatchLabels!["dns.operator.openshift.io/daemonset-dns"]);
        Assert.Equal(["UDP 5353", "TCP 5353"], other.Ports!.Select(static port => $"{port.Protocol} {port.Port}"));
    }

    [Theory]
    [InlineData("bundled", "", "keda")]
    [InlineData("operator", "", "keda")]
    [InlineData("operator", "network: { kedaNamespace: { kubernetes.io/metadata.name: scaling } }", "scaling")]
    public void Whoever_scales_by_the_queue_may_look_at_it(string mode, string network, string from)
    {
        var plan = Plan($"stores: {{ postgres: {{ mode: {mode} }} }}\nservices: {{ rag-ingest: {{ queue: {{ store: postgres, database: ragdb, query: q }}, queueScaling: {{ max: 3 }} }} }}\n{network}");

        var rule = Assert.Single(plan.Find<NetworkPolicy>("postgres").Spec.Ingress!, rule => rule.From![0].NamespaceSelector?.MatchLabels?["kubernetes.io/metadata.name"] == from);
        Assert.Equal(5432, Assert.Single(rule.Ports!).Port.Number);
    }

    [Theory]
    [InlineData("", "cnpg-system")]
    [InlineData("network: { operatorNamespace: { kubernetes.io/metadata.name: openshift-operators } }", "openshift-operators")]
    public void The_operator_may_ask_its_pods(string network, string from)
    {
        var plan = Plan($"stores: {{ postgres: {{ mode: operator }} }}\n{network}");

        var rule = Assert.Single(plan.Find<NetworkPolicy>("postgres").Spec.Ingress!, rule => rule.From![0].NamespaceSelector?.MatchLabels?["kubernetes.io/metadata.name"] == from);
        Assert.Contains(8000, rule.Ports!.Select(static port => port.Port.Number));
    }

    private static DeployValues Read(string text) => ValuesReader.Read([("v.yaml", text)]);

    private static AppManifest Outside(string variable, string text)
    {
        static string Parameter(string name, string value) => $$"""
            "{{name}}": { "type": "parameter.v0", "value": "{{{name}}.inputs.value}", "inputs": { "value": { "type": "string", "default": { "value": "{{value}}" } } } },
            """;
        return TestManifest.Of(
            Parameter("host", "db.example.com") + Parameter("user", "shop") + Parameter("inside", "w2") + Parameter("url", "https://api.example.com/v1") + Parameter("local", "http://localhost:4000") + $$"""
            "pw": { "type": "parameter.v0", "value": "{pw.inputs.value}", "inputs": { "value": { "type": "string", "secret": true } } },
            "ext": { "type": "parameter.v0", "value": "{ext.inputs.value}", "connectionString": "{ext.value}", "inputs": { "value": { "type": "string", "secret": true } } },
            "inner": { "type": "parameter.v0", "value": "x", "connectionString": "Host={w2.bindings.http.host};Password={pw.value}" },
            "through": { "type": "value.v0", "connectionString": "{ext.connectionString};Database=x" },
            "w2": { "type": "container.v0", "image": "w:1", "bindings": { "http": { "scheme": "http", "protocol": "tcp", "transport": "http", "targetPort": 8080 } } },
            "w": { "type": "container.v0", "image": "w:1", "env": { "{{variable}}": "{{text}}" } }
            """);
    }

    private static PlatformPlan Plan(string values) => Environments.Plan(TestManifest.Platform, ValuesReader.Read([Environments.Text("values.yaml"), ("more.yaml", values)]));

    private static IEnumerable<string> Incoming(NetworkPolicy policy) =>
        (policy.Spec.Ingress ?? []).SelectMany(static rule => Pairs(rule.From!, rule.Ports!)).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Outgoing(NetworkPolicy policy) =>
        (policy.Spec.Egress ?? []).SelectMany(static rule => Pairs(rule.To!, rule.Ports!)).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Pairs(IReadOnlyList<NetworkPolicyPeer> peers, IReadOnlyList<NetworkPolicyPort> ports) =>
        peers.SelectMany(peer => ports.Select(port => $"{peer.PodSelector?.MatchLabels?["app.kubernetes.io/name"]}:{port.Port}"));
}
