using Rag.Testing;

namespace Rag.Cli.Tests.Deployment;

public sealed class GenerateTests
{
    private static readonly string Manifest = Path.Combine(Repository.Root, "tests", "AppHost.Tests", "Publishing", "apphost-manifest.json");

    [Fact]
    public async Task It_writes_a_tree_for_each_environment_and_says_how_to_apply_it()
    {
        using var folder = new TemporaryFolder();

        var first = await GenerateAsync(folder.Path);
        var second = await GenerateAsync(folder.Path);

        Assert.Equal((0, ""), (first.ExitCode, first.Error));
        Assert.Contains($"kubectl apply -k {Path.Combine(folder.Path, "overlays", "prod")}", first.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(folder.Path, "overlays", "dev", "secrets.env")));
        Assert.Contains(": 0 new or changed, 0 removed.", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(
            File.ReadAllLines(Path.Combine(folder.Path, "overlays", "dev", "secrets.env")).Where(static line => line.Contains('=')).Select(static line => line.Split('=', 2)[1]),
            secret => first.Output.Contains(secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Wrong_values_are_named_line_by_line_and_write_nothing()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "values.yaml"), "nmae: x\nservices:\n  rag-api: { replicas: many }\n");

        var run = await CliRun.InvokeAsync(["generate", "-m", Manifest, "-f", folder.Path, "-o", Path.Combine(folder.Path, "out")]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("values.yaml:1: nmae: there is no such key; did you mean 'name'?", run.Error, StringComparison.Ordinal);
        Assert.Contains("values.yaml:3: services.rag-api.replicas: a whole number is expected, this is 'many'.", run.Error, StringComparison.Ordinal);
        Assert.Contains("Nothing was written.", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder.Path, "out")));
    }

    [Fact]
    public async Task A_manifest_that_is_not_there_is_said_in_one_line()
    {
        using var folder = new TemporaryFolder();

        var run = await CliRun.InvokeAsync(["generate", "-m", "nowhere.json", "-f", Path.Combine(Repository.Root, "deploy")], workingDirectory: folder.Path);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("nowhere.json: it cannot be read", run.Error, StringComparison.Ordinal);
    }

    private static Task<CliRun> GenerateAsync(string folder) => CliRun.InvokeAsync(["generate", "-m", Manifest, "-f", Path.Combine(Repository.Root, "deploy"), "-o", folder]);
}
