using System.Runtime.Versioning;
using System.Text.Json;

namespace Rag.Cli.Tests.Deployment.Clusters;

[UnsupportedOSPlatform("windows")]
public sealed class DiffAndDestroyTests : IDisposable
{
    private readonly ScriptedKubectl _kubectl = new();

    public void Dispose() => _kubectl.Dispose();

    [Theory]
    [InlineData("", 0, 0, "No difference.")]
    [InlineData("-  replicas: 2\n+  replicas: 3\n", 1, 1, "+  replicas: 3")]
    public async Task The_exit_code_of_diff_says_whether_there_is_a_difference(string output, int kubectl, int expected, string words)
    {
        _kubectl.Answer("diff", output, kubectl);

        var run = await _kubectl.RunAsync(["diff", "--no-generate"]);

        Assert.Equal(expected, run.ExitCode);
        Assert.Contains(words, run.Output, StringComparison.Ordinal);
        Assert.Contains(_kubectl.Calls, static call => call.StartsWith("diff -k ", StringComparison.Ordinal) && call.EndsWith("--server-side --field-manager=rag", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_diff_that_fails_is_not_taken_for_a_difference()
    {
        _kubectl.Answer("diff", "", exitCode: 1, error: "Error from server (NotFound): namespaces \"ragplatform\" not found\n");

        var run = await _kubectl.RunAsync(["diff", "--no-generate"]);

        Assert.Contains("The namespace ragplatform is not there yet", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("yes\n")]
    [InlineData("prod\n")]
    [InlineData(null)]
    public async Task Nothing_is_removed_unless_the_environment_is_named(string? typed)
    {
        var run = await _kubectl.RunAsync(["destroy"], typed);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("Nothing was removed", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(_kubectl.Calls, static call => call.Contains("delete", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Claims_and_secrets_and_the_namespace_stay_and_are_named()
    {
        _kubectl.Answer("persistentvolumeclaims", "persistentvolumeclaim/data-postgres-0\npersistentvolumeclaim/postgres-backup\n");

        var run = await _kubectl.RunAsync(["destroy"], "dev\n");

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(["Deployment/rag-api"], Deleted());
        Assert.Contains("claims data-postgres-0, postgres-backup, and the secrets", run.Output, StringComparison.Ordinal);
        Assert.Contains("The namespace stays", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_data_everything_of_the_platform_goes_but_no_value_of_a_secret_is_handed_on()
    {
        var run = await _kubectl.RunAsync(["destroy", "--yes", "--data"]);

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(["Deployment/rag-api", "PersistentVolumeClaim/postgres-backup", "Secret/ragplatform-secrets"], Deleted().Order(StringComparer.Ordinal));
        Assert.DoesNotContain("dG9wc2VjcmV0", _kubectl.Input("delete"), StringComparison.Ordinal);
        // What a StatefulSet made of its templates stands in no manifest.
        Assert.Contains(_kubectl.Calls, static call => call.StartsWith("-n ragplatform delete persistentvolumeclaims,secrets -l app.kubernetes.io/part-of=ragplatform", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_there_again_after_it_was_removed_is_told()
    {
        _kubectl.Answer("leftovers", ScriptedKubectl.List("""{ "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": { "name": "rag-api" } }"""));

        var run = await _kubectl.RunAsync(["destroy", "--yes"]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(_kubectl.Calls, static call => call.StartsWith("-n ragplatform delete horizontalpodautoscaler.autoscaling/rag-api ", StringComparison.Ordinal));
        Assert.Contains("Still there, or there again: horizontalpodautoscaler.autoscaling/rag-api.", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_type_that_the_cluster_does_not_know_nothing_is_removed()
    {
        _kubectl.Answer("kustomize", ScriptedKubectl.Rendered + "\n---\napiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: { name: rag-ingest, namespace: ragplatform }\n");

        await _kubectl.RunAsync(["destroy", "--yes"]);

        Assert.Equal(["Deployment/rag-api"], Deleted());
    }

    private IEnumerable<string> Deleted()
    {
        using var list = JsonDocument.Parse(_kubectl.Input("delete"));
        return [.. list.RootElement.GetProperty("items").EnumerateArray().Select(static one => $"{one.GetProperty("kind").GetString()}/{one.GetProperty("metadata").GetProperty("name").GetString()}")];
    }
}
