using System.Diagnostics;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning;
using Rag.Deploy.Values;
using Rag.Testing;

namespace Rag.Deploy.Tests.Planning.Stores;

/// <summary>Skips where rclone is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RcloneFactAttribute : FactAttribute
{
    public RcloneFactAttribute()
    {
        if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(static folder => File.Exists(Path.Combine(folder, "rclone"))))
        {
            Skip = "rclone is not installed.";
        }
    }
}

/// <summary>Copies of PostgreSQL in a bucket. Where rclone is, its scripts are run against a real object store.</summary>
public sealed class S3CopiesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rag-s3-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_copy_is_made_in_the_pod_and_carried_with_credentials_from_files()
    {
        var plan = Environments.Plan("models");

        var pod = plan.Find<CronJob>("postgres-backup").Spec.JobTemplate.Spec.Template.Spec;
        Assert.Equal(["backup", "upload"], pod.InitContainers!.Concat(pod.Containers).Select(static container => container.Name));
        Assert.Equal(("20Gi", null), (pod.Volumes!.Single(static volume => volume.Name == "backup").EmptyDir!.SizeLimit, pod.Volumes!.SingleOrDefault(static volume => volume.PersistentVolumeClaim is not null)));
        Assert.All(pod.InitContainers!.Concat(pod.Containers), static container => Assert.True(container is { SecurityContext.ReadOnlyRootFilesystem: true, ImagePullPolicy: "IfNotPresent" } && Quantities.Bytes(container.Resources!.Limits!["ephemeral-storage"]) > Quantities.Bytes("20Gi")));
        Assert.DoesNotContain(pod.Containers[0].VolumeMounts!, static mount => mount.Name == "secrets");
        Assert.DoesNotContain(pod.InitContainers![0].VolumeMounts!, static mount => mount.Name == "s3");
        Assert.Equal("s3-credentials", pod.Volumes!.Single(static volume => volume.Name == "s3").Secret!.SecretName);
        Assert.DoesNotContain(pod.Containers[0].Env!, static variable => variable.ValueFrom is not null);
        Assert.Equal("copies/ragplatform/postgres", pod.Containers[0].Env!.Single(static variable => variable.Name == "PLACE").Value);
        Assert.DoesNotContain(plan.Objects, static planned => planned.Object is PersistentVolumeClaim claim && claim.Metadata.Name == "postgres-backup");
        var restore = plan.Find<CronJob>("postgres-restore").Spec.JobTemplate.Spec.Template.Spec;
        Assert.Equal(["fetch", "restore"], restore.InitContainers!.Concat(restore.Containers).Select(static container => container.Name));
    }

    [Theory]
    [InlineData("", "0.0.0.0/0", 443)]
    // Where a name leads is known to nobody here; MinIO's is nearly always at a private address.
    [InlineData("endpoint: 'https://minio.example.com:9000'", null, 9000)]
    [InlineData("endpoint: 'http://10.1.2.3'", "10.1.2.3/32", 80)]
    [InlineData("endpoint: 'https://minio.storage.svc', cidr: 10.96.0.0/12", "10.96.0.0/12", 443)]
    public void Both_jobs_reach_the_bucket_and_nothing_else_outside(string more, string? cidr, int port)
    {
        var plan = Environments.Plan(TestManifest.Platform, ValuesReader.Read([("v.yaml", $"stores: {{ postgres: {{ backup: {{ s3: {{ bucket: copies, secret: s3, {more} }} }} }} }}")]));

        foreach (var job in new[] { "postgres-backup", "postgres-restore" })
        {
            var egress = Assert.Single(plan.Find<NetworkPolicy>(job).Spec.Egress!, static rule => rule.To is null || rule.To[0].IpBlock is not null);
            Assert.Equal((cidr, port), (egress.To?[0].IpBlock!.Cidr, Assert.Single(egress.Ports!).Port));
        }
    }

    [Theory]
    [InlineData("stores: { vectors: { backup: { s3: { bucket: copies, secret: s3 } } } }", "stores.vectors.backup.s3: only copies of PostgreSQL go into a bucket;")]
    [InlineData("stores: { postgres: { backup: { keep: 3, s3: { bucket: copies, secret: s3 } } } }", "stores.postgres.backup.keep: '3' is not allowed; allowed is: none, because copies in a bucket are kept by their age")]
    [InlineData("stores: { postgres: { backup: { s3: { bucket: copies } } } }", "stores.postgres.backup.s3.secret")]
    [InlineData("stores: { postgres: { backup: { s3: { bucket: copies, secret: s3, image: rclone/rclone } } } }", "stores.postgres.backup.s3.image: 'rclone/rclone' is not allowed;")]
    public void What_has_no_meaning_in_a_bucket_is_refused(string values, string expected) =>
        Assert.Contains(expected, Assert.Throws<ValuesException>(() => Environments.Plan(TestManifest.Platform, ValuesReader.Read([("v.yaml", values)]))).Message, StringComparison.Ordinal);

    [RcloneFact]
    public async Task What_arrived_is_fetched_again_and_only_old_copies_of_the_same_databases_go()
    {
        await using var store = await S3Server.StartAsync();
        using var client = store.Client();
        await client.PutBucketAsync("copies");
        var pod = Directory.CreateDirectory(Path.Combine(_folder.FullName, "pod")).FullName;
        // rclone keeps with an object how old the file was.
        foreach (var (name, days) in new[] { ("ragdb-20260101T021500Z.dump", 40), ("ragdb-20260104T021500Z.dump", 1), ("ragdb-eval-20260101T021500Z.dump", 40), ("ragdb-by-hand.dump", 40) })
        {
            File.WriteAllText(Path.Combine(pod, name), name);
            File.SetLastWriteTimeUtc(Path.Combine(pod, name), DateTime.UtcNow.AddDays(-days));
        }

        var before = await ScriptAsync(store, "postgres-backup", pod, static script => script[..script.IndexOf("for database in", StringComparison.Ordinal)]);
        Assert.True(before.ExitCode == 0, before.Output);
        foreach (var file in Directory.GetFiles(pod))
        {
            File.Delete(file);
        }

        File.WriteAllText(Path.Combine(pod, "ragdb-20260105T021500Z.dump"), "new");

        var sent = await RunAsync(store, "postgres-backup", pod);
        File.Delete(Path.Combine(pod, "ragdb-20260105T021500Z.dump"));
        var newest = await RunAsync(store, "postgres-restore", pod);
        var named = await RunAsync(store, "postgres-restore", pod, ("COPY", "ragdb-20260104T021500Z.dump"));
        var missing = await RunAsync(store, "postgres-restore", pod, ("COPY", "ragdb-20200101T000000Z.dump"));

        Assert.True(sent.ExitCode == 0, sent.Output);
        Assert.Equal(
            ["ragdb-20260104T021500Z.dump", "ragdb-20260105T021500Z.dump", "ragdb-by-hand.dump", "ragdb-eval-20260101T021500Z.dump"],
            (await client.ListObjectsV2Async(new Amazon.S3.Model.ListObjectsV2Request { BucketName = "copies", Prefix = "ragplatform/postgres/" })).S3Objects.Select(static one => one.Key[21..]).Order(StringComparer.Ordinal));
        Assert.True(newest.ExitCode == 0 && named.ExitCode == 0, newest.Output + named.Output);
        Assert.Equal(["ragdb-20260104T021500Z.dump", "ragdb-20260105T021500Z.dump"], Directory.GetFiles(pod).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.NotEqual(0, missing.ExitCode);
        Assert.Contains("There is no copy 'ragdb-20200101T000000Z.dump'. There are:\n", missing.Output, StringComparison.Ordinal);
        Assert.Contains("ragdb-20260105T021500Z.dump", missing.Output, StringComparison.Ordinal);
    }

    private Task<(int ExitCode, string Output)> RunAsync(S3Server store, string job, string pod, params (string Name, string Value)[] variables) => ScriptAsync(store, job, pod, static script => script, variables);

    // As in the pod, but for the folder, and for where the store is.
    private async Task<(int ExitCode, string Output)> ScriptAsync(S3Server store, string job, string pod, Func<string, string> cut, params (string Name, string Value)[] variables)
    {
        var spec = Environments.Plan("models").Find<CronJob>(job).Spec.JobTemplate.Spec.Template.Spec;
        var container = spec.InitContainers!.Concat(spec.Containers).Single(static one => one.Command![0] == "sh");
        var start = new ProcessStartInfo("sh", ["-c", cut(container.Command![2].Replace("folder=/backup", $"folder='{pod}'", StringComparison.Ordinal))]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var variable in container.Env!)
        {
            start.Environment[variable.Name] = variable.Value;
        }

        var secrets = Directory.CreateDirectory(Path.Combine(_folder.FullName, "s3")).FullName;
        await File.WriteAllTextAsync(Path.Combine(secrets, "access-key-id"), store.AccessKeyId);
        await File.WriteAllTextAsync(Path.Combine(secrets, "secret-access-key"), store.SecretAccessKey);
        start.Environment["S3_FOLDER"] = secrets;
        start.Environment["RCLONE_CONFIG_COPIES_PROVIDER"] = "Other";
        start.Environment["RCLONE_CONFIG_COPIES_ENDPOINT"] = store.Url.AbsoluteUri;
        start.Environment["RCLONE_CONFIG_COPIES_REGION"] = "us-east-1";
        // A machine's own, which older versions of rclone stumble over.
        start.Environment.Remove("AWS_CA_BUNDLE");
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await error);
    }
}
