using System.Globalization;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning;
using Rag.Deploy.Values;
using Rag.Testing;

namespace Rag.Deploy.Tests.Planning;

/// <summary>What is for trying fits where things are tried.</summary>
public sealed class SmallClusterTests
{
    // Of two cores and 4 GiB, kind's own pods request 0.95 cores and 0.3 GiB; the rest of a node's memory is the kernel's and the kubelet's.
    private const decimal Cores = 0.85m;
    private const decimal Gibibytes = 2.5m;

    [Fact]
    public void All_pods_of_dev_fit_a_node_of_two_cores_and_4_GiB_also_while_they_are_replaced()
    {
        var requests = Environments.Plan("dev").Objects.SelectMany(static planned => Requests(planned.Object)).ToList();

        Assert.Equal(13, requests.Count);
        Assert.InRange(requests.Sum(static request => Quantities.Parse(request["cpu"])), Cores - 0.1m, Cores);
        Assert.InRange(requests.Sum(static request => Quantities.Parse(request["memory"])) / (1 << 30), Gibibytes - 0.25m, Gibibytes);
        Assert.True(Environments.All.Environments["dev"].Cluster.Quota.Enabled);
        Assert.Equal([2, 2, 2], Services.Select(static name => Environments.Plan("dev").Find<Deployment>(name).Spec.Replicas));
    }

    [Fact]
    public void What_is_said_of_it_is_what_it_is() => Assert.Contains(
        string.Create(CultureInfo.InvariantCulture, $"request {Cores} cores and {Gibibytes} GiB at the most"),
        File.ReadAllText(Path.Combine(Repository.Root, "docs", "kubernetes.md")), StringComparison.Ordinal);

    [Fact]
    public void Environments_are_in_namespaces_of_their_own_and_say_which_they_are()
    {
        var all = Environments.All.Environments;

        Assert.NotEqual(all["dev"].EffectiveNamespace, all["prod"].EffectiveNamespace);
        foreach (var name in (string[])["dev", "prod"])
        {
            Assert.Equal(name, Environments.Plan(name).Find<Namespace>(all[name].EffectiveNamespace).Metadata.Labels![ClusterValues.EnvironmentLabel]);
        }
    }

    private static string[] Services => ["rag-api", "rag-ingest", "rag-web"];

    // One for each pod at the same time: a Deployment makes one more before it takes one away, other workloads do not.
    private static IEnumerable<Labels> Requests(KubernetesObject one) => PodTemplates.Of(one) is not { } template ? [] : Enumerable.Repeat(
        template.Spec.Containers.Single().Resources!.Requests!,
        one switch { Deployment deployment => deployment.Spec.Replicas!.Value + 1, StatefulSet set => set.Spec.Replicas, _ => 1 });
}
