using System.Text.Json.Nodes;
using LocalHosting.Tests.Model;

namespace LocalHosting.Tests.Manifest;

/// <summary>Publish mode from the command line to the file.</summary>
public sealed class PublisherTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("manifest-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData("--publisher", "manifest")]
    [InlineData("--operation", "publish", "--publisher", "manifest")]
    [InlineData("--operation", "publish", "--step", "publish-manifest")]
    public async Task The_manifest_is_written_and_the_program_ends(params string[] args)
    {
        var path = Path.Combine(_directory.FullName, "new", "out.json");

        await RunAsync([.. args, "--output-path", path]);

        Assert.Equal("container.v0", (string)Read(path)["resources"]!["app"]!["type"]!);
    }

    [Fact]
    public async Task A_directory_gets_a_file_of_the_usual_name()
    {
        await RunAsync(["--operation", "publish", "--step", "publish-manifest", "--output-path", _directory.FullName]);

        Assert.Equal("../AppHost/etc", Read(Path.Combine(_directory.FullName, "aspire-manifest.json"))["resources"]!["app"]!["bindMounts"]![0]!["source"]!.ToString()
            .Replace(Path.GetRelativePath(_directory.FullName, "/nowhere"), "..", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_longer_manifest_that_was_there_is_replaced_whole()
    {
        var path = Path.Combine(_directory.FullName, "out.json");
        await File.WriteAllTextAsync(path, new string('x', 100_000));

        await RunAsync(["--publisher", "manifest", "--output-path", path]);

        Assert.NotNull(Read(path)["resources"]);
    }

    [Fact]
    public async Task Without_a_path_it_says_which_option_is_missing()
    {
        var error = await Assert.ThrowsAsync<DistributedApplicationException>(() => RunAsync(["--publisher", "manifest"]));

        Assert.Contains("--output-path", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_step_names_the_known_one()
    {
        var error = await Assert.ThrowsAsync<DistributedApplicationException>(
            () => RunAsync(["--operation", "publish", "--step", "deploy", "--output-path", _directory.FullName]));

        Assert.Contains("'publish-manifest'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Subscribers_may_still_change_the_model_before_it_is_written()
    {
        var path = Path.Combine(_directory.FullName, "out.json");
        var builder = TestAppHost.Create(["--publisher", "manifest", "--output-path", path]);
        var app = builder.AddContainer("app", "app");
        builder.OnBeforeStart((_, _) =>
        {
            app.WithEnvironment("LATE", "yes");
            return Task.CompletedTask;
        });

        await builder.Build().RunAsync();

        Assert.Equal("yes", (string)Read(path)["resources"]!["app"]!["env"]!["LATE"]!);
    }

    private static async Task RunAsync(string[] args)
    {
        var builder = TestAppHost.Create(args);
        builder.AddContainer("app", "app").WithBindMount("etc", "/etc/app");
        await builder.Build().RunAsync();
    }

    private static JsonNode Read(string path) => JsonNode.Parse(File.ReadAllText(path))!;
}
