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
        secret["data"]!["postgres-password"] = known;

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
    public async Task A_checkout_with_other_secrets_than_those_of_the_platform_is_stopped_and_fetches_them()
    {
        await using var server = Server();
        Assert.Equal(0, (await RunAsync(server, ["apply", "--no-wait", .. Source])).ExitCode);
        var secret = server.Objects.Single(static one => one.Key.Contains("/secrets/", StringComparison.Ordinal)).Value;
        var made = secret["data"]!.ToJsonString();
        var file = Path.Combine(_folder.Path, "overlays", "dev", "secrets.env");
        var first = File.ReadAllLines(file);

        // Somebody else's clone of the same commit.
        File.Delete(file);
        var refused = await RunAsync(server, ["apply", "--no-wait", "--ignore-preflight", .. Source]);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("dev: secrets were made up", refused.Output, StringComparison.Ordinal);
        Assert.Contains("bootstrap-key, cache-password, postgres-admin-password, postgres-password", refused.Output, StringComparison.Ordinal);
        Assert.Contains("./rag secrets pull -e dev", refused.Error, StringComparison.Ordinal);
        Assert.Equal(made, secret["data"]!.ToJsonString());
        var secretValues = first.Where(static line => !line.StartsWith('#') && line.Contains('=', StringComparison.Ordinal)).Select(static line => line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..]).ToList();
        Assert.All(secretValues, value => Assert.DoesNotContain(value, refused.Output + refused.Error, StringComparison.Ordinal));

        Assert.Equal(1, (await RunAsync(server, ["secrets", "pull"])).ExitCode);
        var pull = await RunAsync(server, ["secrets", "pull", "--yes"]);
        Assert.True(pull.ExitCode == 0, pull.Error + pull.Output);
        Assert.Equal(first.Order(StringComparer.Ordinal), File.ReadAllLines(file).Order(StringComparer.Ordinal));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.All(secretValues, value => Assert.DoesNotContain(value, pull.Output + pull.Error, StringComparison.Ordinal));
        Assert.Equal(0, (await RunAsync(server, ["apply", "--no-wait", .. Source])).ExitCode);

        // Where the change is meant.
        File.WriteAllText(file, File.ReadAllText(file).Replace("bootstrap-key=", "bootstrap-key=other", StringComparison.Ordinal));
        Assert.Equal(1, (await RunAsync(server, ["apply", "--no-wait", .. Source])).ExitCode);
        var replaced = await RunAsync(server, ["apply", "--no-wait", "--replace-secrets", .. Source]);
        Assert.Equal(0, replaced.ExitCode);
        // Who holds the key is started anew; the others have nothing to learn.
        Assert.Contains("Restarted, because they hold a secret that was replaced: deployment/rag-api.", replaced.Output, StringComparison.Ordinal);
        Assert.Equal(["rag-api"], server.Objects.Values.Where(static one => one["spec"]?["template"]?["metadata"]?["annotations"]?["kubectl.kubernetes.io/restartedAt"] is not null).Select(static one => one["metadata"]!["name"]!.ToString()));
        Assert.NotEqual(made, server.Objects.Single(static one => one.Key.Contains("/secrets/", StringComparison.Ordinal)).Value["data"]!.ToJsonString());
    }

    [KubectlFact]
    public async Task What_only_looks_or_removes_needs_no_secrets()
    {
        await using var server = Server();
        Assert.Equal(0, (await RunAsync(server, ["apply", "--no-wait", .. Source])).ExitCode);
        var file = Path.Combine(_folder.Path, "overlays", "dev", "secrets.env");
        var text = File.ReadAllText(file);
        File.Delete(file);

        var status = await RunAsync(server, ["status"]);
        Assert.True(status.ExitCode == 0, status.Error + status.Output);
        var apply = await RunAsync(server, ["apply", "--no-generate"]);
        Assert.Equal(3, apply.ExitCode);
        Assert.Contains("./rag secrets pull -e dev", apply.Error, StringComparison.Ordinal);
        var pull = await RunAsync(server, ["secrets", "pull"]);
        Assert.True(pull.ExitCode == 0, pull.Error + pull.Output);
        Assert.Equal(text.Split('\n').Order(StringComparer.Ordinal), File.ReadAllText(file).Split('\n').Order(StringComparer.Ordinal));
        File.Delete(file);
        Assert.Equal(0, (await RunAsync(server, ["destroy", "--yes"])).ExitCode);
        Assert.False(File.Exists(file));
    }

    [KubectlFact]
    public async Task What_left_the_manifests_is_named_removed_on_request_and_by_destroy()
    {
        await using var server = Server();
        using var values = new TemporaryFolder();
        string[] source = ["-e", "prod", "-m", Source[1], "-f", values.Path];
        var common = File.ReadAllText(Path.Combine(Repository.Root, "deploy", "values.yaml"));
        values.File("values.yaml", common);
        var prod = values.File("values.prod.yaml", File.ReadAllText(Path.Combine(Repository.Root, "deploy", "values.prod.yaml")));
        Assert.Equal(0, (await RunAsync(server, ["apply", "--no-wait", .. source])).ExitCode);
        Assert.Contains(server.Objects.Keys, static path => path.EndsWith("/horizontalpodautoscalers/rag-api", StringComparison.Ordinal));
        Assert.Contains(server.Objects.Keys, static path => path.EndsWith("/cronjobs/postgres-backup", StringComparison.Ordinal));
        // Claims do not shrink.
        const string Less = "services: { rag-api: { replicas: 3 } }\nstores: { postgres: { storage: 100Gi }, vectors: { storage: 50Gi } }\n";

        File.WriteAllText(prod, Less);
        var named = await RunAsync(server, ["apply", "--no-wait", .. source]);
        Assert.True(named.ExitCode == 0, named.Error + named.Output);
        Assert.Contains("horizontalpodautoscaler.autoscaling/rag-api", named.Output, StringComparison.Ordinal);
        Assert.Contains("--prune removes them", named.Output, StringComparison.Ordinal);
        Assert.Contains(server.Objects.Keys, static path => path.EndsWith("/horizontalpodautoscalers/rag-api", StringComparison.Ordinal));
        var diff = await RunAsync(server, ["diff", .. source]);
        Assert.Equal(1, diff.ExitCode);
        Assert.Contains("not in the manifests any more: cronjob.batch/postgres-backup", diff.Output, StringComparison.Ordinal);

        var pruned = await RunAsync(server, ["apply", "--no-wait", "--prune", .. source]);
        Assert.True(pruned.ExitCode == 0, pruned.Error + pruned.Output);
        Assert.DoesNotContain(server.Objects.Keys, static path => path.Contains("/horizontalpodautoscalers/", StringComparison.Ordinal) || path.Contains("/cronjobs/", StringComparison.Ordinal));
        // Copies of the database are data.
        Assert.Contains(server.Objects.Keys, static path => path.EndsWith("/persistentvolumeclaims/postgres-backup", StringComparison.Ordinal));
        Assert.Contains(server.Objects.Keys, static path => path.Contains("/secrets/", StringComparison.Ordinal));
        Assert.Equal(0, (await RunAsync(server, ["diff", .. source])).ExitCode);

        // The tree that lies here is a newer one than what runs.
        File.Copy(Path.Combine(Repository.Root, "deploy", "values.prod.yaml"), prod, overwrite: true);
        Assert.Equal(0, (await RunAsync(server, ["apply", "--no-wait", .. source])).ExitCode);
        File.WriteAllText(prod, Less);
        Assert.Equal(0, (await RunAsync(server, ["generate", .. source[2..]])).ExitCode);
        var destroy = await RunAsync(server, ["destroy", "-e", "prod", "--yes", "--data"]);
        Assert.True(destroy.ExitCode == 0, destroy.Error + destroy.Output);
        Assert.Contains("removed too: ", destroy.Output, StringComparison.Ordinal);
        Assert.All(server.Objects.Keys, static path => Assert.Matches("/(namespaces/[^/]+|storageclasses/standard)$", path));
    }

    [KubectlFact]
    public async Task A_second_version_is_applied_over_the_first_whose_migration_failed()
    {
        await using var server = Server();
        server.IsReady = static path => !path.Contains("/jobs/", StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync(server, ["apply", "--no-wait", .. Source])).ExitCode);
        using var values = new TemporaryFolder();
        values.File("values.yaml", File.ReadAllText(Path.Combine(Repository.Root, "deploy", "values.yaml")).Replace("version: 0.1.0", "version: 0.2.0", StringComparison.Ordinal));
        // It is in a namespace of its own, and the first version with it.
        values.File("values.dev.yaml", File.ReadAllText(Path.Combine(Repository.Root, "deploy", "values.dev.yaml")));

        server.IsReady = static _ => true;
        var second = await RunAsync(server, ["apply", "-m", Source[1], "-f", values.Path]);

        Assert.True(second.ExitCode == 0, second.Error + second.Output);
        Assert.Equal(2, server.Objects.Keys.Count(static path => path.Contains("/jobs/", StringComparison.Ordinal)));
        Assert.Contains("note  rag-api-migration-", second.Output, StringComparison.Ordinal);
        // It goes by itself when its time is over.
        Assert.DoesNotContain("Not in the manifests any more", second.Output, StringComparison.Ordinal);
    }

    [KubectlFact]
    public async Task What_somebody_changed_on_the_cluster_is_a_conflict_and_taken_back_on_request()
    {
        await using var server = Server();
        Assert.Equal(0, (await RunAsync(server, ["apply", "--no-wait", .. Source])).ExitCode);
        var path = server.Objects.Keys.Single(static path => path.EndsWith("/deployments/rag-web", StringComparison.Ordinal));
        server.Edit(path, 7, "spec", "replicas");

        var refused = await RunAsync(server, ["apply", "--no-wait", .. Source]);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains(".spec.replicas", refused.Output, StringComparison.Ordinal);
        Assert.Contains("--force-conflicts", refused.Error, StringComparison.Ordinal);

        Assert.Equal(0, (await RunAsync(server, ["apply", "--no-wait", "--force-conflicts", .. Source])).ExitCode);
        Assert.Equal(2, server.Objects[path]["spec"]!["replicas"]!.GetValue<int>());
    }

    [KubectlFact]
    public async Task What_may_not_be_listed_is_said_and_the_rest_is_reported()
    {
        await using var server = Server();
        Assert.Equal(0, (await RunAsync(server, ["apply", "--no-wait", .. Source])).ExitCode);
        server.Refuses = static (method, path) => method == "GET" && path.EndsWith("/cronjobs", StringComparison.Ordinal)
            ? (403, "Forbidden", "cronjobs.batch is forbidden: User \"dev\" cannot list resource \"cronjobs\" in API group \"batch\" in the namespace \"ragplatform\"") : null;

        var status = await RunAsync(server, ["status"]);

        Assert.True(status.ExitCode == 0, status.Error + status.Output);
        Assert.Contains("rag-ingest", status.Output, StringComparison.Ordinal);
        Assert.Contains("These credentials may not list cronjobs", status.Output, StringComparison.Ordinal);

        server.Refuses = static (method, path) => path.Contains("/deployments", StringComparison.Ordinal) && method == "GET"
            ? (403, "Forbidden", "deployments.apps is forbidden: User \"dev\" cannot list resource \"deployments\" in API group \"apps\" in the namespace \"ragplatform\"") : null;
        var apply = await RunAsync(server, ["apply", "--no-generate"]);
        Assert.Equal(3, apply.ExitCode);
        Assert.Contains("may not list deployments", apply.Error, StringComparison.Ordinal);
    }

    [KubectlFact]
    public async Task Relative_files_in_KUBECONFIG_are_those_that_kubectl_itself_takes()
    {
        using var folder = new TemporaryFolder();
        static string Config(string name) => $$"""{ "apiVersion": "v1", "kind": "Config", "current-context": "{{name}}", "contexts": [ { "name": "{{name}}", "context": { "cluster": "{{name}}", "user": "" } } ], "clusters": [ { "name": "{{name}}", "cluster": { "server": "http://127.0.0.1:9" } } ] }""";
        folder.File("staging.yaml", Config("staging"));
        var production = folder.File("elsewhere/production.yaml", Config("production"));
        foreach (var list in (string[])["staging.yaml", $"staging.yaml:{production}"])
        {
            var kubectl = folder.File("kubectl", $"#!/bin/sh\nKUBECONFIG='{list}' exec kubectl \"$@\"\n");
            File.SetUnixFileMode(kubectl, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            await using var server = Server();
            Assert.Equal(0, (await RunAsync(server, ["generate", .. Source[..4]])).ExitCode);

            var run = await CliRun.InvokeAsync(["status", "-o", _folder.Path], new Dictionary<string, string> { ["RAG_KUBECTL"] = kubectl }, workingDirectory: folder.Path);

            Assert.Equal(3, run.ExitCode);
            Assert.Contains("context staging", run.Error, StringComparison.Ordinal);
        }
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
