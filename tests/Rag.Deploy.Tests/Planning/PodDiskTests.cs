using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning;
using Rag.Deploy.Values;

namespace Rag.Deploy.Tests.Planning;

/// <summary>Folders on the node's disk, and what a pod may take of it.</summary>
public sealed class PodDiskTests
{
    public static TheoryData<string> Platforms => [.. Environments.AllNames.Concat(ForeignManifests.Names)];

    [Theory]
    [MemberData(nameof(Platforms))]
    public void No_pod_is_promised_more_room_than_it_may_take(string name)
    {
        var (manifest, values) = ForeignManifests.Names.Contains(name) ? ForeignManifests.Of(name) : (TestManifest.Platform, Environments.All.Environments[name]);

        foreach (var planned in Environments.Plan(manifest, values).Objects)
        {
            if (PodTemplates.Of(planned.Object)?.Spec is { } pod)
            {
                var folders = (pod.Volumes ?? []).Where(static volume => volume.EmptyDir is { Medium: null }).Sum(static volume => Quantities.Bytes(volume.EmptyDir!.SizeLimit!));
                var limit = pod.Containers.Sum(static container => Quantities.Bytes(container.Resources!.Limits!["ephemeral-storage"]));
                Assert.True(folders < limit, $"{planned.Object.Key}: folders of {folders} bytes, a limit of {limit}");
            }
        }
    }

    [Fact]
    public void A_worker_has_room_for_a_document_of_the_largest_size_per_core_and_what_is_made_of_it()
    {
        var pod = Environments.Plan("prod").Find<Deployment>("rag-ingest").Spec.Template.Spec;

        var cores = Quantities.Parse(pod.Containers[0].Resources!.Limits!["cpu"]);
        var room = Quantities.Bytes(Assert.Single(pod.Volumes!, static volume => volume.Name == "tmp").EmptyDir!.SizeLimit!);
        // Rag:Blobs:MaxFileMiB is 256.
        Assert.True(room >= 2 * cores * (256 << 20));
        Assert.Equal("/tmp", Assert.Single(pod.Containers[0].VolumeMounts!, static mount => mount.Name == "tmp").MountPath);
    }

    [Fact]
    public void The_limit_follows_the_folders_where_nobody_sets_it()
    {
        string Limit(string values) => Environments.Plan(TestManifest.Platform, ValuesReader.Read([("v.yaml", values)])).Find<Deployment>("rag-web").Spec.Template.Spec.Containers[0].Resources!.Limits!["ephemeral-storage"];

        Assert.Equal("1Gi", Limit(""));
        Assert.Equal("2Gi", Limit("services: { rag-web: { scratch: { /var/cache: 1Gi } } }"));
        Assert.Equal("1780Mi", Limit("services: { rag-web: { scratch: { /tmp: 1012Mi } } }"));
        Assert.Equal("5Gi", Limit("services: { rag-web: { scratch: { /tmp: 1Gi }, resources: { limits: { ephemeralStorage: 5Gi } } } }"));
    }

    [Fact]
    public void What_streams_answers_has_two_minutes_to_end_them_and_the_node_waits_for_that()
    {
        foreach (var name in (string[])["rag-api", "rag-web"])
        {
            Assert.Equal("00:02:00", Environments.Plan("prod").Find<ConfigMap>($"{name}-config").Data!["Rag__Shutdown__Timeout"]);
            Assert.Equal(10 + 120 + 5, Environments.Plan("prod").Find<Deployment>(name).Spec.Template.Spec.TerminationGracePeriodSeconds);
        }
    }
}
