using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Values;

namespace Rag.Deploy.Tests.Planning;

/// <summary>Certificates of one's own authority, and files that an app model mounts from the developer's machine.</summary>
public sealed class PodFilesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rag-pod-files-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Every_NET_program_trusts_the_authorities_of_the_values()
    {
        var plan = Environments.Plan("models");

        foreach (var name in (string[])["rag-api", "rag-ingest", "rag-web"])
        {
            var file = plan.Find<ConfigMap>($"{name}-config").Data!["SSL_CERT_FILE"];
            Check(plan.Find<Deployment>(name).Spec.Template.Spec, file);
        }

        foreach (var job in plan.Objects.Select(static planned => planned.Object).OfType<Job>())
        {
            var pod = job.Spec.Template.Spec;
            Check(pod, pod.Containers[0].Env!.Single(static variable => variable.Name == "SSL_CERT_FILE").Value!);
        }

        Assert.DoesNotContain(plan.Find<StatefulSet>("vectors").Spec.Template.Spec.Volumes!, static volume => volume.ConfigMap?.Name == "corporate-authorities");

        static void Check(PodSpec pod, string file)
        {
            var volume = Assert.Single(pod.Volumes!, static volume => volume.ConfigMap?.Name == "corporate-authorities");
            var mount = Assert.Single(pod.Containers[0].VolumeMounts!, mount => mount.Name == volume.Name);
            Assert.Equal(file, $"{mount.MountPath}/{volume.ConfigMap!.Items![0].Path}");
            Assert.True(mount.ReadOnly);
        }
    }

    [Fact]
    public void Authorities_come_from_one_place()
    {
        foreach (var trust in (string[])["{}", "{ configMap: a, secret: b }"])
        {
            var fault = Assert.Throws<ValuesException>(() => Environments.Plan(TestManifest.Platform, ValuesReader.Read([("v.yaml", $"trust: {trust}")])));
            Assert.Contains("trust: name either a 'configMap' or a 'secret'", fault.Message, StringComparison.Ordinal);
        }

        Assert.Contains(
            Environments.Plan(TestManifest.Platform, ValuesReader.Read([("v.yaml", "trust: { secret: b, key: bundle.pem }")])).Find<Deployment>("rag-web").Spec.Template.Spec.Volumes!,
            static volume => volume.Secret is { SecretName: "b" } secret && secret.Items![0].Key == "bundle.pem");
    }

    [Fact]
    public void Small_text_files_travel_in_ConfigMaps_and_a_changed_one_replaces_the_pods()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "nginx.conf"), "worker_processes 1;\n");
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "site"));
        File.WriteAllText(Path.Combine(_folder.FullName, "site", "index.html"), "<p>ü</p>");
        var manifest = Web("""{ "source": "nginx.conf", "target": "/etc/nginx/nginx.conf", "readOnly": true }, { "source": "site", "target": "/srv/www", "readOnly": false }""");

        var plan = Environments.Plan(manifest, new DeployValues());
        File.WriteAllText(Path.Combine(_folder.FullName, "nginx.conf"), "worker_processes 2;\n");
        var changed = Environments.Plan(manifest, new DeployValues());

        Assert.Equal("worker_processes 1;\n", plan.Find<ConfigMap>("web-files-0").Data!["nginx.conf"]);
        Assert.Equal("<p>ü</p>", plan.Find<ConfigMap>("web-files-1").Data!["index.html"]);
        var mounts = plan.Find<Deployment>("web").Spec.Template.Spec.Containers[0].VolumeMounts!;
        Assert.Contains(mounts, static mount => mount is { MountPath: "/etc/nginx/nginx.conf", SubPath: "nginx.conf", ReadOnly: true });
        Assert.Contains(mounts, static mount => mount is { MountPath: "/srv/www", SubPath: null, ReadOnly: true });
        Assert.NotEqual(plan.Find<Deployment>("web").Spec.Template.Metadata.Annotations!["ragplatform.dev/config-hash"], changed.Find<Deployment>("web").Spec.Template.Metadata.Annotations!["ragplatform.dev/config-hash"]);
    }

    [Fact]
    public void What_cannot_travel_is_said_with_what_to_do_and_can_be_left_out()
    {
        File.WriteAllBytes(Path.Combine(_folder.FullName, "model.bin"), [0xFF, 0xFE, 0x00, 0x80]);
        File.WriteAllText(Path.Combine(_folder.FullName, "large.txt"), new string('x', 300_000));
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "deep", "er"));

        foreach (var (source, reason) in new[] { ("model.bin", "it is not all text"), ("large.txt", "it has 292 KiB; a ConfigMap takes 200"), ("deep", "it has folders inside"), ("nowhere", "it is not there") })
        {
            var manifest = Web($$"""{ "source": "{{source}}", "target": "/data", "readOnly": true }""");

            var fault = Assert.Throws<ManifestException>(() => Environments.Plan(manifest, new DeployValues()));

            Assert.Contains($"its bind mount '{source}' at /data cannot travel to a cluster: {reason}", fault.Message, StringComparison.Ordinal);
            Assert.Contains("services.web.omitMounts", fault.Remedy, StringComparison.Ordinal);
            Assert.NotNull(Environments.Plan(manifest, ValuesReader.Read([("v.yaml", "services: { web: { omitMounts: [ /data ] } }")])).Find<Deployment>("web"));
        }
    }

    private AppManifest Web(string mounts) => ManifestReader.Read(
        Path.Combine(_folder.FullName, "app.json"),
        System.Text.Encoding.UTF8.GetBytes($$"""{ "resources": { "web": { "type": "container.v1", "image": "nginx:1.29", "bindMounts": [ {{mounts}} ] } } }"""));
}
