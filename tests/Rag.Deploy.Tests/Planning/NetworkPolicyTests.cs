using Rag.Deploy.Kubernetes;

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

    private static IEnumerable<string> Incoming(NetworkPolicy policy) =>
        (policy.Spec.Ingress ?? []).SelectMany(static rule => Pairs(rule.From!, rule.Ports!)).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Outgoing(NetworkPolicy policy) =>
        (policy.Spec.Egress ?? []).SelectMany(static rule => Pairs(rule.To!, rule.Ports!)).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Pairs(IReadOnlyList<NetworkPolicyPeer> peers, IReadOnlyList<NetworkPolicyPort> ports) =>
        peers.SelectMany(peer => ports.Select(port => $"{peer.PodSelector?.MatchLabels?["app.kubernetes.io/name"]}:{port.Port}"));
}
