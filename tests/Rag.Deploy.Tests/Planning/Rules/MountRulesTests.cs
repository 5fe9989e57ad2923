using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Values;

namespace Rag.Deploy.Tests.Planning.Rules;

/// <summary>One thing at each path of a container.</summary>
public sealed class MountRulesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rag-mounts-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("/tmp")]
    [InlineData("/tmp/")]
    public void A_volume_of_the_app_model_takes_the_place_of_the_standard_folder(string target)
    {
        var set = Environments.Plan(Container($$""" "volumes": [ { "name": "t", "target": "{{target}}" } ] """), new DeployValues()).Find<StatefulSet>("w");

        Assert.Equal(("data-0", target), Mount(set.Spec.Template.Spec));
        Assert.DoesNotContain(set.Spec.Template.Spec.Volumes ?? [], static volume => volume.Name == "tmp");
    }

    [Fact]
    public void So_does_a_folder_of_the_developers_machine_unless_it_is_left_out()
    {
        var manifest = Bound(""" "bindMounts": [ { "source": "d", "target": "/tmp", "readOnly": true } ] """);

        Assert.Equal(("files-0", "/tmp"), Mount(Environments.Plan(manifest, new DeployValues()).Find<Deployment>("w").Spec.Template.Spec));
        Assert.Equal(("tmp", "/tmp"), Mount(Environments.Plan(manifest, Values("services: { w: { omitMounts: [ /tmp ] } }")).Find<Deployment>("w").Spec.Template.Spec));
    }

    [Fact]
    public void A_store_keeps_what_the_app_model_has_there_too()
    {
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "d"));
        File.WriteAllText(Path.Combine(_folder.FullName, "d", "x"), "1");
        var manifest = TestManifest.Of(
            """
            "pw": { "type": "parameter.v0", "value": "{pw.inputs.value}", "inputs": { "value": { "type": "string", "secret": true } } },
            "db": { "type": "container.v0", "image": "postgres:17", "connectionString": "Host={db.bindings.tcp.host};Password={pw.value}", "env": { "POSTGRES_PASSWORD": "{pw.value}" },
              "bindMounts": [ { "source": "d", "target": "/tmp", "readOnly": true } ], "bindings": { "tcp": { "scheme": "tcp", "protocol": "tcp", "transport": "tcp", "targetPort": 5432 } } }
            """) with { File = Path.Combine(_folder.FullName, "app.json") };

        var pod = Environments.Plan(manifest, new DeployValues()).Find<StatefulSet>("db").Spec.Template.Spec;

        Assert.Equal("files-0", Assert.Single(pod.Containers[0].VolumeMounts!, static mount => mount.MountPath == "/tmp").Name);
        Assert.DoesNotContain(pod.Volumes!, static volume => volume.Name == "tmp");
    }

    [Fact]
    public void A_folder_that_all_workloads_may_write_is_not_put_over_a_volume()
    {
        var set = Environments.Plan(Container(""" "volumes": [ { "name": "t", "target": "/data" } ] """), Values("services: { defaults: { scratch: { /data: 1Gi } } }")).Find<StatefulSet>("w");

        Assert.Equal([("tmp", "/tmp"), ("data-0", "/data")], set.Spec.Template.Spec.Containers[0].VolumeMounts!.Select(static mount => (mount.Name, mount.MountPath)));
    }

    [Fact]
    public void A_folder_that_one_workload_may_write_is_refused_where_something_is_bound()
    {
        var fault = Fault(Bound(""" "bindMounts": [ { "source": "d", "target": "/data", "readOnly": true } ] """), "services: { w: { scratch: { /data: 1Gi } } }");

        Assert.Contains("services.w.scratch./data: something else is mounted there", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_volume_and_a_bind_mount_at_one_path_are_both_named()
    {
        var fault = Fault(Bound(""" "volumes": [ { "name": "t", "target": "/data" } ], "bindMounts": [ { "source": "d", "target": "/data/", "readOnly": true } ] """));

        Assert.Contains("resource 'w': the volume 't' and the bind mount 'd' are both mounted at /data;", fault, StringComparison.Ordinal);
        Assert.EndsWith("Remove one of them in the app host, or leave bind mounts out with 'services.w.omitMounts'.", fault, StringComparison.Ordinal);
        Assert.StartsWith(_folder.FullName, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_volumes_at_one_path_are_both_named() => Assert.Equal(
        "app.json: resource 'w': the volume 'a' and a volume without a name are both mounted at /d; a container takes one at each path. Remove one of them in the app host.",
        Fault(Container(""" "volumes": [ { "name": "a", "target": "/d" }, { "target": "/d" } ] """)));

    [Fact]
    public void A_path_that_the_platform_needs_is_refused()
    {
        var fault = Fault(TestManifest.Of(
            """
            "pw": { "type": "parameter.v0", "value": "{pw.inputs.value}", "inputs": { "value": { "type": "string", "secret": true } } },
            "w": { "type": "container.v0", "image": "a:1", "env": { "PW": "{pw.value}" }, "volumes": [ { "name": "t", "target": "/run/secrets/platform" } ] }
            """), "services: { w: { secretFiles: { PW: PW_FILE } } }");

        Assert.StartsWith("app.json: resource 'w': StatefulSet/w would have the volume 'data-0' and the volume 'secrets' at /run/secrets/platform,", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_volume_that_several_mount_is_told_to_be_several()
    {
        const string Shared =
            """
            "a": { "type": "container.v0", "image": "a:1", "volumes": [ { "name": "shared", "target": "/d" } ] },
            "b": { "type": "container.v0", "image": "a:1", "volumes": [ { "name": "shared", "target": "/e" }, { "name": "own", "target": "/f" }, { "target": "/g" } ] },
            "c": { "type": "container.v0", "image": "a:1", "volumes": [ { "target": "/g" } ] }
            """;

        var notice = Assert.Single(Environments.Plan(TestManifest.Of(Shared), new DeployValues()).Notices);

        Assert.StartsWith("The volume 'shared' is mounted 2 times in the app model, by 'a' and 'b': here each mount has a claim of its own", notice, StringComparison.Ordinal);
    }

    private static (string Name, string Path) Mount(PodSpec pod) => Assert.Single(pod.Containers[0].VolumeMounts!) is var mount ? (mount.Name, mount.MountPath) : default;

    private static AppManifest Container(string fields) => TestManifest.Of($$""" "w": { "type": "container.v0", "image": "a:1", {{fields}} } """);

    private AppManifest Bound(string fields)
    {
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "d"));
        File.WriteAllText(Path.Combine(_folder.FullName, "d", "x"), "1");
        return Container(fields) with { File = Path.Combine(_folder.FullName, "app.json") };
    }

    private static DeployValues Values(string text) => ValuesReader.Read([("v.yaml", text)]);

    private static string Fault(AppManifest manifest, string values = "name: shop") =>
        Assert.Single(Assert.Throws<ValuesException>(() => Environments.Plan(manifest, Values(values))).Faults);
}
