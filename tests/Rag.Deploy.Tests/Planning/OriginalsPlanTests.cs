using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning;
using Rag.Deploy.Planning.Originals;
using Rag.Deploy.Values;
using Rag.Testing;

namespace Rag.Deploy.Tests.Planning;

/// <summary>Originals on a claim and in a bucket, for the services that are named and for nobody else.</summary>
public sealed class OriginalsPlanTests
{
    private static readonly string[] Users = ["rag-api", "rag-ingest"];

    [Fact]
    public void A_claim_is_one_that_several_nodes_mount()
    {
        var claim = Environments.Plan("claim").Find<PersistentVolumeClaim>("originals");

        Assert.Equal("ReadWriteMany", Assert.Single(claim.Spec.AccessModes));
        Assert.Equal(("500Gi", "shared"), (claim.Spec.Resources.Requests["storage"], claim.Spec.StorageClassName));
        Assert.Equal("keep", claim.Metadata.Annotations!["helm.sh/resource-policy"]);
        Assert.Equal("ragplatform", claim.Metadata.Labels!["app.kubernetes.io/part-of"]);
    }

    [Fact]
    public void The_claim_is_mounted_and_written_by_the_services_that_are_named_and_by_nobody_else()
    {
        var plan = Environments.Plan("claim");

        Assert.Equal(Users, Pods(plan).Where(static pod => pod.Spec.Volumes?.Any(static volume => volume.PersistentVolumeClaim?.ClaimName == "originals") == true).Select(static pod => pod.Name));
        foreach (var name in Users)
        {
            var pod = plan.Find<Deployment>(name).Spec.Template.Spec;
            var mount = Assert.Single(Assert.Single(pod.Containers).VolumeMounts!, static mount => mount.Name == "originals");
            Assert.Equal(("/var/lib/ragplatform/originals", null), (mount.MountPath, mount.ReadOnly));
            Assert.Equal((10001, "OnRootMismatch"), (pod.SecurityContext!.FsGroup, pod.SecurityContext.FsGroupChangePolicy));
            var config = plan.Find<ConfigMap>($"{name}-config").Data!;
            Assert.Equal(("files", mount.MountPath), (config["Rag__Blobs__Provider"], config["Rag__Blobs__Path"]));
        }

        Assert.Null(plan.Find<Deployment>("rag-web").Spec.Template.Spec.SecurityContext!.FsGroupChangePolicy);
        Assert.DoesNotContain(plan.Find<ConfigMap>("rag-web-config").Data!.Keys, static name => name.StartsWith("Rag__Blobs", StringComparison.Ordinal));
    }

    [Fact]
    public void A_claim_that_exists_is_mounted_and_not_made()
    {
        var plan = Plan("originals: { mode: claim, claim: { existing: uploads } }");

        Assert.DoesNotContain(plan.Objects, static planned => planned.Object is PersistentVolumeClaim);
        Assert.All(Users, name => Assert.Contains(plan.Find<Deployment>(name).Spec.Template.Spec.Volumes!, static volume => volume.PersistentVolumeClaim?.ClaimName == "uploads"));
    }

    [Fact]
    public void A_claim_has_a_size_and_the_clusters_class_where_the_values_say_nothing()
    {
        var claim = Plan("cluster: { storageClass: everywhere }\noriginals: { mode: claim }").Find<PersistentVolumeClaim>("originals").Spec;

        Assert.Equal(("100Gi", "everywhere"), (claim.Resources.Requests["storage"], claim.StorageClassName));
    }

    [Fact]
    public void A_volume_by_hand_is_one_that_several_nodes_mount_too()
    {
        var volume = Plan("originals: { mode: claim, claim: { size: 2Ti } }\npersistentVolumes: { originals: { nfs: { server: nas.example.com, path: /export/originals } } }")
            .Find<PersistentVolume>("ragplatform-originals").Spec;

        Assert.Equal(("ReadWriteMany", "2Ti", "originals"), (Assert.Single(volume.AccessModes), volume.Capacity["storage"], volume.ClaimRef.Name));
        Assert.Equal(("nas.example.com", "/export/originals"), (volume.Nfs!.Server, volume.Nfs.Path));
    }

    [Fact]
    public void A_service_with_volumes_of_its_own_has_the_claim_beside_them()
    {
        const string Files =
            """
            "files": { "type": "container.v0", "image": "files:1", "volumes": [ { "name": "data", "target": "/data", "readOnly": false } ],
              "bindings": { "http": { "scheme": "http", "protocol": "tcp", "transport": "http", "targetPort": 8080 } } }
            """;

        var pod = Environments.Plan(TestManifest.Of(Files), ValuesReader.Read([("v.yaml", "originals: { mode: claim, services: [ files ], section: Files }")])).Find<StatefulSet>("files").Spec.Template.Spec;

        Assert.Equal(["/data", OriginalsPlan.Folder], pod.Containers[0].VolumeMounts!.Select(static mount => mount.MountPath).Where(static path => path != "/tmp"));
        Assert.Equal("originals", Assert.Single(pod.Volumes!, static volume => volume.PersistentVolumeClaim is not null).Name);
    }

    [Fact]
    public void The_services_are_told_which_bucket_and_read_its_key_from_files()
    {
        var plan = Environments.Plan("bucket");

        foreach (var name in Users)
        {
            var told = plan.Find<ConfigMap>($"{name}-config").Data!.Where(static variable => variable.Key.StartsWith("Rag__Blobs__", StringComparison.Ordinal)).ToDictionary(static variable => variable.Key["Rag__Blobs__".Length..], static variable => variable.Value);
            Assert.Equal(
                new Dictionary<string, string>
                {
                    ["Provider"] = "s3", ["S3__Endpoint"] = "https://minio.example.com:9000", ["S3__Bucket"] = "documents", ["S3__Region"] = "eu-1", ["S3__Prefix"] = "ragplatform/originals", ["S3__PathStyle"] = "true",
                    ["S3__AccessKeyIdFile"] = "/run/secrets/originals/access-key-id", ["S3__SecretAccessKeyFile"] = "/run/secrets/originals/secret-access-key",
                },
                told);
            var pod = plan.Find<Deployment>(name).Spec.Template.Spec;
            var secret = Assert.Single(pod.Volumes!, static volume => volume.Name == "originals").Secret!;
            Assert.Equal(("originals-key", 288, "access-key-id secret-access-key"), (secret.SecretName, secret.DefaultMode, string.Join(' ', secret.Items!.Select(static item => item.Key))));
            Assert.Equal(("/run/secrets/originals", true), Assert.Single(pod.Containers[0].VolumeMounts!, static mount => mount.Name == "originals") is var mount ? (mount.MountPath, mount.ReadOnly) : default);
            Assert.DoesNotContain(pod.Containers[0].Env ?? [], static variable => variable.ValueFrom?.SecretKeyRef?.Name == "originals-key");
            Assert.Null(pod.SecurityContext!.FsGroupChangePolicy);
        }

        Assert.Equal(Users, Pods(plan).Where(static pod => pod.Spec.Volumes?.Any(static volume => volume.Secret?.SecretName == "originals-key") == true).Select(static pod => pod.Name));
        Assert.DoesNotContain(plan.Objects, static planned => planned.Object is PersistentVolumeClaim { Metadata.Name: "originals" });
    }

    [Fact]
    public void What_the_values_do_not_say_of_a_bucket_the_services_are_not_told()
    {
        var told = Plan("namespace: other\noriginals: { mode: s3, s3: { bucket: documents, secret: key, pathStyle: false } }").Find<ConfigMap>("rag-api-config").Data!;

        Assert.Equal(("false", "other/originals"), (told["Rag__Blobs__S3__PathStyle"], told["Rag__Blobs__S3__Prefix"]));
        Assert.DoesNotContain("Rag__Blobs__S3__Endpoint", told.Keys);
        Assert.DoesNotContain("Rag__Blobs__S3__Region", told.Keys);
    }

    [Theory]
    [InlineData("", "0.0.0.0/0", 443)]
    [InlineData("endpoint: 'https://minio.example.com:9000'", null, 9000)]
    [InlineData("endpoint: 'http://10.1.2.3'", "10.1.2.3/32", 80)]
    [InlineData("endpoint: 'https://minio.storage.svc', cidr: 10.96.0.0/12", "10.96.0.0/12", 443)]
    public void The_services_that_are_named_reach_the_bucket_and_the_others_do_not(string more, string? cidr, int port)
    {
        var before = Plan("");
        var after = Plan($"originals: {{ mode: s3, s3: {{ bucket: documents, secret: key, {more} }} }}");

        Assert.Equal(Egress(before, "rag-web"), Egress(after, "rag-web"));
        foreach (var name in Users)
        {
            var added = Assert.Single(Egress(after, name).Except(Egress(before, name)));
            Assert.Equal($"{cidr ?? "anywhere"}:{port}", added);
        }

        static List<string> Egress(PlatformPlan plan, string name) =>
            [.. plan.Find<NetworkPolicy>(name).Spec.Egress!.Select(static rule => $"{rule.To?[0].IpBlock?.Cidr ?? (rule.To is null ? "anywhere" : "pods")}:{string.Join(',', rule.Ports!.Select(static port => port.Port))}")];
    }

    [Fact]
    public void Where_the_app_model_says_nothing_is_added()
    {
        var plan = Plan("");

        Assert.Equal("postgres", plan.Find<ConfigMap>("rag-api-config").Data!["Rag__Blobs__Provider"]);
        Assert.DoesNotContain(plan.Objects, static planned => planned.Object is PersistentVolumeClaim || planned.File == "originals");
        Assert.All(Pods(plan), static pod => Assert.DoesNotContain(pod.Spec.Volumes ?? [], static volume => volume.Name == "originals"));
        Assert.Empty(plan.Notices);
    }

    [Theory]
    [InlineData("claim", "The copies of 'postgres' do not hold the originals: these are on the claim 'originals', which has to be copied as well.")]
    [InlineData("bucket", "The copies of 'postgres' do not hold the originals: these are in the bucket 'documents' under 'ragplatform/originals/', which has to be copied as well.")]
    [InlineData("models", null)]
    public void Whoever_copies_the_database_is_told_what_these_copies_do_not_hold(string environment, string? expected) =>
        Assert.Equal(expected, Environments.Plan(environment).Notices.SingleOrDefault(static notice => notice.Contains("originals", StringComparison.Ordinal)));

    [Fact]
    public void Without_copies_there_is_nothing_to_tell() => Assert.Empty(Plan("originals: { mode: claim }").Notices);

    [Fact]
    public void What_the_documentation_shows_is_taken()
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "kubernetes.md"));
        var section = text[text.IndexOf("## Where originals are kept", StringComparison.Ordinal)..text.IndexOf("## Verbs", StringComparison.Ordinal)];

        var modes = section.Split("```yaml\n").Skip(1).Select(static part => ValuesReader.Read([Environments.Text("values.yaml"), ("docs.yaml", part[..part.IndexOf("```", StringComparison.Ordinal)])])).ToList();

        Assert.Equal([OriginalsMode.Claim, OriginalsMode.S3], modes.Select(static values => values.Originals.Mode));
        Assert.All(modes, static values => Environments.Plan(TestManifest.Platform, values));
        Assert.Contains(OriginalsPlan.Folder, section, StringComparison.Ordinal);
    }

    private static IEnumerable<(string Name, PodSpec Spec)> Pods(PlatformPlan plan) =>
        plan.Objects.Select(static planned => (planned.Object.Metadata.Name!, PodTemplates.Of(planned.Object)?.Spec)).Where(static pod => pod.Spec is not null).Select(static pod => (pod.Item1, pod.Spec!));

    private static PlatformPlan Plan(string text) => Environments.Plan(TestManifest.Platform, ValuesReader.Read([Environments.Text("values.yaml"), ("v.yaml", text)]));
}
