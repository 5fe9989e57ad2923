using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using Rag.Cli.Tests.Deployment.Diagnosis;
using Rag.Testing;

namespace Rag.Cli.Tests.Deployment.Clusters;

/// <summary>The verbs through the real kubectl: that it takes what it is given, and that its answers are read right.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RealKubectlTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [KubectlFact]
    public async Task An_environment_is_applied_looked_at_compared_and_removed()
    {
        await using var server = Server();
        var apply = await RunAsync(server, ["apply", "-e", "dev", .. Source]);
        Assert.True(apply.ExitCode == 0, apply.Error + apply.Output);
        Assert.Contains("Context test (http://127.0.0.1:", apply.Output, StringComparison.Ordinal);
        Assert.Contains("workloads are ready", apply.Output, StringComparison.Ordinal);
        Assert.Contains(server.Objects.Keys, static path => path.EndsWith("/deployments/rag-api", StringComparison.Ordinal));

        var status = await RunAsync(server, ["status"]);
        Assert.True(status.ExitCode == 0, status.Error + status.Output);
        Assert.Contains("rag-ingest", status.Output, StringComparison.Ordinal);

        var same = await RunAsync(server, ["diff", .. Source]);
        Assert.True(same.ExitCode == 0, same.Error + same.Output);

        var secret = server.Objects.Single(static one => one.Key.Contains("/secrets/", StringComparison.Ordinal)).Value;
        var known = secret["data"]!["postgres-password"]!.ToString();
        secret["data"]!["postgres-password"] = "c29tZXRoaW5nIGVsc2U=";
        server.Objects.Single(static one => one.Key.EndsWith("/deployments/rag-web", StringComparison.Ordinal)).Value["spec"]!["replicas"] = 7;
        var changed = await RunAsync(server, ["diff", .. Source]);
        Assert.Equal(1, changed.ExitCode);
        Assert.Contains("-  replicas: 7", changed.Output, StringComparison.Ordinal);
        Assert.Contains("***", changed.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("c29tZXRoaW5nIGVsc2U=", changed.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(known, changed.Output, StringComparison.Ordinal);

        var destroy = await RunAsync(server, ["destroy", "--yes"]);
        Assert.True(destroy.ExitCode == 0, destroy.Error + destroy.Output);
        Assert.All(server.Objects.Keys, static path => Assert.Matches("/(namespaces/ragplatform-dev|secrets/[^/]+|persistentvolumeclaims/[^/]+|storageclasses/standard)$", path));
        Assert.Contains(server.Objects.Keys, static path => path.Contains("/secrets/", StringComparison.Ordinal));

        Assert.Equal(0, (await RunAsync(server, ["destroy", "--yes", "--data"])).ExitCode);
        Assert.Equal(["/api/v1/namespaces/ragplatform-dev", "/apis/storage.k8s.io/v1/storageclasses/standard"], server.Objects.Keys);
    }

    [KubectlFact]
    public async Task An_environment_is_not_applied_over_another_one_unless_that_is_wanted()
    {
        await using var server = Server();
        Assert.Equal(0, (await RunAsync(server, ["apply", "-e", "prod", "--no-wait", .. Source])).ExitCode);
        var resident = server.Objects["/api/v1/namespaces/ragplatform"];
        Assert.Equal("prod", resident["metadata"]!["labels"]!["ragplatform.dev/environment"]!.ToString());
        resident["metadata"]!["labels"]!["ragplatform.dev/environment"] = "staging";
        var before = server.Objects.ToDictionary(static one => one.Key, static one => one.Value.ToJsonString());

        var refused = await RunAsync(server, ["apply", "-e", "prod", "--no-wait", .. Source]);
        var beside = await RunAsync(server, ["apply", "-e", "dev", "--no-wait", .. Source]);

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("The namespace ragplatform holds the environment 'staging', and this is 'prod'", refused.Output, StringComparison.Ordinal);
        Assert.True(beside.ExitCode == 0, beside.Error + beside.Output);
        Assert.All(before, one => Assert.Equal(one.Value, server.Objects[one.Key].ToJsonString()));
        Assert.Equal(0, (await RunAsync(server, ["apply", "-e", "prod", "--no-wait", "--ignore-preflight", .. Source])).ExitCode);
        Assert.Equal("prod", server.Objects["/api/v1/namespaces/ragplatform"]["metadata"]!["labels"]!["ragplatform.dev/environment"]!.ToString());
    }

    [KubectlFact]
    public async Task What_the_production_environment_needs_of_a_cluster_is_named_before_anything_is_applied()
    {
        await using var server = new ApiServer();

        var apply = await RunAsync(server, ["apply", "-e", "prod", .. Source]);

        Assert.Equal(1, apply.ExitCode);
        Assert.Contains("The claim data-postgres-0 asks for the default storage class, and the cluster has none (there is none at all).", apply.Output, StringComparison.Ordinal);
        Assert.Empty(server.Objects);
    }

    [KubectlFact]
    public async Task Doctor_tells_of_the_cluster()
    {
        await using var server = Server();

        var run = await RunAsync(server, ["doctor"], withTree: false);

        Assert.Matches(@"ok +kubectl +1\.\d+", run.Output);
        Assert.Matches(@"ok +Cluster +Context test \(http://127\.0\.0\.1:\d+, Kubernetes 1\.33\.2\)", run.Output);
        Assert.Matches("ok +Storage +default class standard", run.Output);
    }

    private static string[] Source =>
        ["-m", Path.Combine(Repository.Root, "tests", "AppHost.Tests", "Publishing", "apphost-manifest.json"), "-f", Path.Combine(Repository.Root, "deploy")];

    private static ApiServer Server()
    {
        var server = new ApiServer();
        server.Objects["/apis/storage.k8s.io/v1/storageclasses/standard"] = JsonNode.Parse(Snapshots.StorageClass("standard", "rancher.io/local-path", isDefault: true))!.AsObject();
        return server;
    }

    private Task<CliRun> RunAsync(ApiServer server, string[] args, bool withTree = true) =>
        CliRun.InvokeAsync([.. args, .. withTree ? (string[])["-o", _folder.Path] : []], new Dictionary<string, string> { ["RAG_KUBECTL"] = server.Kubectl });
}
