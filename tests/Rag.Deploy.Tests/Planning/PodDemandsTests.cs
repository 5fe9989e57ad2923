using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning;
using Rag.Deploy.Values;

namespace Rag.Deploy.Tests.Planning;

public sealed class PodDemandsTests
{
    [Theory]
    [MemberData(nameof(Environments.Names), MemberType = typeof(Environments))]
    public void Whatever_makes_pods_is_counted(string name)
    {
        var values = Environments.All.Environments[name];
        var plan = Environments.Plan(name);

        var counted = Demands(plan, values);

        var makers = plan.Objects.Select(static planned => planned.Object).Where(static one => one is PostgresCluster || PodTemplates.Of(one) is not null).ToList();
        Assert.Equal(makers.Select(Naming.PartOf), counted.Select(static demand => demand.Name));
        Assert.All(counted, static demand => Assert.True(demand is { Pods: > 0, Cpu: > 0, Memory: > 0 }, demand.ToString()));
        // And by hand, from what the objects request themselves.
        foreach (var (demand, one) in counted.Zip(makers))
        {
            if (PodTemplates.Of(one)?.Spec.Containers is { } containers)
            {
                Assert.Equal(containers.Sum(static container => Quantities.Parse(container.Resources!.Requests!["memory"])), demand.Memory);
            }
        }
    }

    [Fact]
    public void Autoscalers_count_with_their_most_and_a_rollout_with_one_more()
    {
        var counted = Demands(Environments.Plan("example"), Environments.All.Environments["example"]);

        Assert.Equal(
            [("cache", 1), ("vectors", 3), ("rag-api-migration", 1), ("inference-chat", 1), ("inference-embedding", 1), ("rag-api", 11), ("rag-ingest", 7), ("rag-web", 3), ("otel-collector", 2)],
            counted.Select(static demand => (demand.Name, demand.Pods)));
    }

    [Fact]
    public void A_container_that_requests_nothing_counts_with_what_the_namespace_gives_it()
    {
        var job = Environments.Plan("example").Find<StatefulSet>("cache");
        var container = job.Spec.Template.Spec.Containers[0];
        var bare = PodTemplates.With(job, job.Spec.Template with { Spec = job.Spec.Template.Spec with { InitContainers = [container], Containers = [container with { Resources = null }, container with { Resources = null }] } });

        var demand = Assert.Single(PodDemands.Of(Context(new DeployValues()), [new PlannedObject(bare, "x")]));

        Assert.Equal(0.2m, demand.Cpu);
        Assert.Equal(256 << 20, demand.Memory);
    }

    private static IReadOnlyList<PodDemand> Demands(PlatformPlan plan, DeployValues values) => PodDemands.Of(Context(values), plan.Objects);

    private static PlanContext Context(DeployValues values) => new(TestManifest.Platform, values, Planner.Features(values));
}
