using System.Diagnostics;
using System.Net;
using System.Text;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning;
using Rag.Deploy.Values;
using Rag.Testing;

namespace Rag.Deploy.Tests.Planning;

/// <summary>Volumes by hand, and copies of Qdrant.</summary>
public sealed class StoragePlanTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rag-storage-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_volume_is_for_one_claim_as_large_as_it_and_on_its_node()
    {
        var plan = Environments.Plan("models");

        var volume = plan.Find<PersistentVolume>("ragplatform-data-vectors-1").Spec;
        var claim = Assert.Single(plan.Find<StatefulSet>("vectors").Spec.VolumeClaimTemplates!).Spec;
        Assert.Equal(("ragplatform", "data-vectors-1"), (volume.ClaimRef.Namespace, volume.ClaimRef.Name));
        Assert.Equal((claim.Resources.Requests["storage"], claim.AccessModes), (volume.Capacity["storage"], volume.AccessModes));
        Assert.Equal(("/srv/qdrant", "Retain"), (volume.Local!.Path, volume.PersistentVolumeReclaimPolicy));
        var term = Assert.Single(Assert.Single(volume.NodeAffinity!.Required.NodeSelectorTerms).MatchExpressions);
        Assert.Equal(("kubernetes.io/hostname", "In", "node-b"), (term.Key, term.Operator, term.Values![0]));
        var shared = plan.Find<PersistentVolume>("ragplatform-vectors-backup").Spec;
        Assert.Equal(("nas.example.com", "/export/qdrant", null), (shared.Nfs!.Server, shared.Nfs.Path, shared.NodeAffinity));
        Assert.Equal(plan.Find<PersistentVolumeClaim>("inference-chat").Spec.Resources.Requests["storage"], plan.Find<PersistentVolume>("ragplatform-inference-chat").Spec.Capacity["storage"]);
    }

    [Theory]
    [InlineData("{ data-postgres-1: { local: { node: a, path: /b } } }", "persistentVolumes.data-postgres-1: there is no such claim; there are: data-postgres-0, data-vectors-0.")]
    [InlineData("{ data-postgres-0: {} }", "persistentVolumes.data-postgres-0: name either 'local' or 'nfs'.")]
    [InlineData("{ data-postgres-0: { local: { node: a, path: /b }, nfs: { server: s, path: /p } } }", "name either 'local' or 'nfs'.")]
    public void A_volume_that_nobody_claims_or_that_is_nowhere_is_refused(string volumes, string expected)
    {
        var fault = Assert.Throws<ValuesException>(() => Environments.Plan(TestManifest.Platform, ValuesReader.Read([("v.yaml", $"persistentVolumes: {volumes}")])));

        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_environment_that_is_bound_to_a_context_names_it_on_its_namespace()
    {
        Assert.Null(Environments.Plan("models").Find<Kubernetes.Namespace>("ragplatform").Metadata.Annotations);
        Assert.Equal(
            "production",
            Environments.Plan(TestManifest.Platform, ValuesReader.Read([("v.yaml", "cluster: { context: production }")])).Find<Kubernetes.Namespace>("ragplatform").Metadata.Annotations!["ragplatform.dev/context"]);
    }

    [Fact]
    public void Every_pod_of_Qdrant_is_asked_for_snapshots_and_keeps_them_on_its_claim()
    {
        var plan = Environments.Plan("models");

        var job = plan.Find<CronJob>("vectors-backup").Spec;
        var container = job.JobTemplate.Spec.Template.Spec.Containers[0];
        Assert.Equal(("Forbid", 3600, 6 * 3600), (job.ConcurrencyPolicy, job.StartingDeadlineSeconds, job.JobTemplate.Spec.ActiveDeadlineSeconds));
        Assert.Equal("vectors-0.vectors-headless:6333 vectors-1.vectors-headless:6333", container.Env!.Single(static variable => variable.Name == "NODES").Value);
        Assert.DoesNotContain(container.Env!, static variable => variable.ValueFrom is not null);
    }

    [Theory]
    [InlineData("dev")]
    [InlineData("models")]
    public void Snapshots_lie_on_the_claim_whoever_asks_for_them(string environment)
    {
        var server = Environments.Plan(environment).Find<StatefulSet>("vectors").Spec.Template.Spec.Containers[0];

        var claim = Assert.Single(server.VolumeMounts!, static mount => mount.Name == "data").MountPath;
        Assert.StartsWith(claim + "/", server.Env!.Single(static variable => variable.Name == "QDRANT__STORAGE__SNAPSHOTS_PATH").Value, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Environments.Names), MemberType = typeof(Environments))]
    public void No_folder_on_a_nodes_disk_is_larger_than_what_its_pod_may_use_of_it(string environment)
    {
        foreach (var (name, pod) in Environments.Plan(environment).Objects.Where(static planned => planned.Object is StatefulSet or CronJob).Select(static planned => (planned.Object.Metadata.Name, PodTemplates.Of(planned.Object)!.Spec)))
        {
            var limit = pod.Containers.Concat(pod.InitContainers ?? []).Max(static container => Quantities.Bytes(container.Resources!.Limits!["ephemeral-storage"]));
            Assert.All(pod.Volumes!, volume => Assert.True(volume.EmptyDir is not { Medium: null, SizeLimit: { } size } || Quantities.Bytes(size) <= limit, $"{name}: {volume.Name}"));
        }
    }

    [Fact]
    public void Qdrants_pods_are_asked_where_they_listen_and_one_outside_where_it_is_said_to_be()
    {
        const string Vectors =
            """
            "key": { "type": "parameter.v0", "value": "{key.inputs.value}", "inputs": { "value": { "type": "string", "secret": true, "default": { "generate": { "minLength": 10 } } } } },
            "vectors": { "type": "container.v0", "image": "docker.io/qdrant/qdrant:v1.18.0", "connectionString": "Endpoint={vectors.bindings.http.url};Key={key.value}",
              "bindings": { "http": { "scheme": "http", "protocol": "tcp", "transport": "http", "port": 16333, "targetPort": 6333 } } }
            """;
        string Nodes(string store) => Environments.Plan(TestManifest.Of(Vectors), ValuesReader.Read([("v.yaml", $"stores: {{ vectors: {{ backup: {{}}, {store} }} }}")]))
            .Find<CronJob>("vectors-backup").Spec.JobTemplate.Spec.Template.Spec.Containers[0].Env!.Single(static variable => variable.Name == "NODES").Value!;

        Assert.Equal("vectors-0.vectors-headless:6333", Nodes("replicas: 1"));
        Assert.Equal("qdrant.example.com:16333", Nodes("mode: external, host: qdrant.example.com"));
    }

    [Fact]
    public void Qdrants_image_for_an_ordinary_account_is_named_so_with_a_digest_too()
    {
        var digest = "sha256:" + new string('0', 64);

        Assert.Equal($"docker.io/qdrant/qdrant:v1.18.0-unprivileged@{digest}", Image($"digests: {{ vectors: '{digest}' }}"));
        Assert.Equal($"registry.example.com/qdrant@{digest}", Image($"override: {{ vectors: 'registry.example.com/qdrant@{digest}' }}"));

        static string Image(string images) => Environments.Plan(TestManifest.Platform, ValuesReader.Read([("v.yaml", $"images: {{ {images} }}")])).Find<StatefulSet>("vectors").Spec.Template.Spec.Containers[0].Image;
    }

    [Fact]
    public void Redis_has_no_copies()
    {
        var fault = Assert.Throws<ValuesException>(() => Environments.Plan(TestManifest.Platform, ValuesReader.Read([("v.yaml", "stores: { cache: { backup: {} } }")])));

        Assert.Contains("stores.cache.backup: there are copies of PostgreSQL and Qdrant", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_script_fetches_a_snapshot_of_each_collection_and_keeps_as_many_as_it_should()
    {
        await using var qdrant = new SnapshotServer(["rag_a", "rag_b"]);
        var old = Enumerable.Range(1, 3).Select(day => Old("rag_a", $"2026010{day}T000000Z.snapshot", day)).ToList();
        File.WriteAllText(Path.Combine(_folder.FullName, "half.part"), "cut off");

        var (exitCode, output) = await RunAsync(qdrant, keep: 2);

        Assert.True(exitCode == 0, output);
        var kept = Directory.GetFiles(Path.Combine(_folder.FullName, "127.0.0.1", "rag_a"));
        Assert.Equal(2, kept.Length);
        Assert.Contains(old[2], kept);
        Assert.Equal("snapshot of rag_b", await File.ReadAllTextAsync(Assert.Single(Directory.GetFiles(Path.Combine(_folder.FullName, "127.0.0.1", "rag_b")))));
        Assert.Empty(Directory.GetFiles(_folder.FullName, "*.part", SearchOption.AllDirectories));
        Assert.Equal(["rag_a", "rag_b"], qdrant.Removed);
        Assert.DoesNotContain(SnapshotServer.Key, output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/collections")]
    [InlineData("/snapshots")]
    [InlineData(".snapshot")]
    public async Task A_server_that_refuses_makes_it_fail_and_no_file_looks_whole(string refused)
    {
        await using var qdrant = new SnapshotServer(["rag_a"]) { Refused = refused };

        var (exitCode, _) = await RunAsync(qdrant, keep: 2);

        Assert.NotEqual(0, exitCode);
        Assert.Empty(Directory.GetFiles(_folder.FullName, "*.snapshot", SearchOption.AllDirectories));
    }

    private string Old(string collection, string name, int day)
    {
        var path = Path.Combine(_folder.FullName, "127.0.0.1", collection, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "old");
        File.SetLastWriteTimeUtc(path, new DateTime(2026, 1, day, 0, 0, 0, DateTimeKind.Utc));
        return path;
    }

    private async Task<(int ExitCode, string Output)> RunAsync(SnapshotServer qdrant, int keep)
    {
        var script = Environments.Plan("models").Find<CronJob>("vectors-backup").Spec.JobTemplate.Spec.Template.Spec.Containers[0].Command![2];
        var start = new ProcessStartInfo("sh", ["-c", script.Replace("folder=/backup", $"folder='{_folder.FullName}'", StringComparison.Ordinal)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["SCHEME"] = "http", ["NODES"] = qdrant.Address, ["KEEP"] = keep.ToString(System.Globalization.CultureInfo.InvariantCulture),
                ["PASSWORD_FILE"] = Path.Combine(_folder.FullName, "key"),
            },
        };
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "key"), SnapshotServer.Key + "\n");
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await error);
    }

    /// <summary>The part of Qdrant's interface that makes, serves and removes snapshots.</summary>
    private sealed class SnapshotServer(string[] collections) : LoopbackServer
    {
        public const string Key = "key of the snapshots 0123456789";

        /// <summary>End of a path that is answered with an error.</summary>
        public string? Refused { get; init; }

        public List<string> Removed { get; } = [];

        protected override Task AnswerAsync(HttpListenerContext context)
        {
            var (status, text) = Answer(context.Request.HttpMethod, context.Request.Url!.AbsolutePath, context.Request.Headers["api-key"]);
            context.Response.StatusCode = status;
            context.Response.Close(Encoding.UTF8.GetBytes(text), willBlock: true);
            return Task.CompletedTask;
        }

        private (int Status, string Text) Answer(string method, string path, string? key)
        {
            if (key != Key)
            {
                return (401, "Must provide an API key");
            }

            if (Refused is { } end && path.EndsWith(end, StringComparison.Ordinal))
            {
                return (500, """{"status":{"error":"no"},"time":0.1}""");
            }

            switch (method, path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                case ("GET", ["collections"]):
                    return (200, $$"""{"result":{"collections":[{{string.Join(',', collections.Select(static name => $$"""{"name":"{{name}}"}"""))}}]},"status":"ok","time":0.1}""");
                case ("POST", ["collections", var collection, "snapshots"]):
                    return (200, $$"""{"result":{"name":"{{collection}}-1.snapshot","creation_time":"2026-01-09T00:00:00","size":9,"checksum":"00"},"status":"ok","time":0.1}""");
                case ("GET", ["collections", var collection, "snapshots", _]):
                    return (200, $"snapshot of {collection}");
                case ("DELETE", ["collections", var collection, "snapshots", _]):
                    Removed.Add(collection);
                    return (200, """{"result":true,"status":"ok","time":0.1}""");
                default:
                    return (404, "");
            }
        }
    }
}
