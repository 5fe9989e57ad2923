using System.Text.Json;
using Rag.Cli.Deployment.Images;
using Rag.Deploy.Planning;
using Rag.Testing;

namespace Rag.Cli.Tests.Deployment.Images;

/// <summary>With the real SDK: a small program of another app host becomes an image, and that is read back.</summary>
public sealed class BuiltImageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public BuiltImageTests()
    {
        // Compiling ahead needs packages, which is nothing that this is about.
        _folder.File("hello/Hello.csproj", """
            <Project Sdk="Microsoft.NET.Sdk" TreatAsLocalProperty="PublishReadyToRun">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <PublishReadyToRun>false</PublishReadyToRun>
              </PropertyGroup>
            </Project>
            """);
        _folder.File("hello/Program.cs", "System.Console.WriteLine(\"hello\");");
        _folder.File("manifest.json", """{ "resources": { "Hello": { "type": "project.v0", "path": "hello/Hello.csproj" } } }""");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_pushed_image_has_the_digest_that_is_printed_and_runs_as_nobody()
    {
        await using var registry = new PushRegistry();

        var run = await ImagesAsync(TestArchives.Oci(_folder, "base.tar", "base:1"), "--registry", $"{registry.Host}/team/rag", "--platform", "linux/amd64");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var manifest = registry.Manifest("team/rag/hello", "7");
        Assert.Contains($"    hello: \"{ArchiveLayout.DigestOf(manifest)}\"", run.Output, StringComparison.Ordinal);
        AssertImage(manifest, "amd64", registry.Blob);
    }

    [Fact]
    public async Task Of_several_platforms_one_name_leads_to_all_of_them()
    {
        await using var registry = new PushRegistry();

        var run = await ImagesAsync(TestArchives.OciOfTwoPlatforms(_folder, "base.tar", "base:1"), "--registry", $"{registry.Host}/team/rag", "--platform", "linux/amd64,linux/arm64");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var index = registry.Manifest("team/rag/hello", "7");
        Assert.Contains($"    hello: \"{ArchiveLayout.DigestOf(index)}\"", run.Output, StringComparison.Ordinal);
        AssertIndex(index, digest => registry.Manifest("team/rag/hello", digest), registry.Blob);
    }

    [Theory]
    [InlineData("linux/amd64")]
    [InlineData("linux/amd64,linux/arm64")]
    public async Task An_archive_is_called_as_the_environment_asks_for_it_and_says_no_platform_that_is_none(string platform)
    {
        _folder.File("values/values.yaml", "version: '7'\n");
        _folder.File("values/values.test.yaml", "images: { registry: registry.example.com/team }\n");
        var (folder, stand) = (Path.Combine(_folder.Path, "out"), TestArchives.OciOfTwoPlatforms(_folder, "base.tar", "base:1"));

        var run = await CliRun.InvokeAsync(
            ["images", "-m", Path.Combine(_folder.Path, "manifest.json"), "-f", Path.Combine(_folder.Path, "values"), "-e", "test", "--base", stand, "--folder", folder, "--platform", platform], workingDirectory: _folder.Path);

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("dev asks for images of no registry with the tag 7, and a node that one of these archives is loaded onto knows it otherwise: './rag images -e dev' names them so.", run.Error + run.Output, StringComparison.Ordinal);
        var image = Assert.Single((await ImageArchive.ReadAsync(Path.Combine(folder, "hello.tar"), CancellationToken.None)).Images);
        Assert.All(image.Names, static name => Assert.Equal("registry.example.com/team/hello:7", name));
        Assert.False(image.HasNoPlatform);
    }

    [Fact]
    public async Task Values_of_an_environment_that_is_not_there_are_told_with_those_that_are()
    {
        var run = await ImagesAsync(TestArchives.Oci(_folder, "base.tar", "base:1"), "-e", "staging");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("There are no values of an environment 'staging'.", run.Error, StringComparison.Ordinal);
        Assert.Contains("There are: dev, prod.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_archive_of_several_platforms_is_one_image()
    {
        var run = await ImagesAsync(TestArchives.OciOfTwoPlatforms(_folder, "base.tar", "base:1"), "--folder", Path.Combine(_folder.Path, "out"), "--platform", "linux/amd64,linux/arm64");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var archive = await ImageArchive.ReadAsync(Path.Combine(_folder.Path, "out", "hello.tar"), CancellationToken.None);
        Assert.Contains(Assert.Single(archive.Images).Digest, run.Output, StringComparison.Ordinal);
        Assert.NotNull(archive.Find(ImageReference.Parse("hello:7")));
        var layout = await ArchiveLayout.UnpackAsync(archive, Path.Combine(_folder.Path, "out"), CancellationToken.None);
        byte[] Blob(string digest) => File.ReadAllBytes(layout.Blob(digest)!);
        AssertIndex(layout.Manifest, Blob, Blob);
    }

    [Fact]
    public async Task A_registry_that_is_not_there_is_told_from_a_base_that_is_not()
    {
        string host;
        await using (var registry = new PushRegistry())
        {
            host = registry.Host;
        }

        var run = await ImagesAsync(TestArchives.Oci(_folder, "base.tar", "base:1"), "--registry", $"{host}/rag", "--platform", "linux/amd64");

        Assert.Equal(3, run.ExitCode);
        Assert.Contains($"The image of hello cannot be pushed to {host}/rag: ", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(".targets(", run.Error, StringComparison.Ordinal);
    }

    private Task<CliRun> ImagesAsync(string baseImage, params string[] arguments) => CliRun.InvokeAsync(
        ["images", "-m", Path.Combine(_folder.Path, "manifest.json"), "-f", Path.Combine(Repository.Root, "deploy"), "--tag", "7", "--base", baseImage, .. arguments], workingDirectory: _folder.Path);

    private static void AssertIndex(byte[] content, Func<string, byte[]> manifest, Func<string, byte[]> blob)
    {
        using var index = JsonDocument.Parse(content);
        var entries = index.RootElement.GetProperty("manifests").EnumerateArray().ToList();
        Assert.Equal(2, entries.Count);
        foreach (var entry in entries)
        {
            AssertImage(manifest(entry.GetProperty("digest").GetString()!), entry.GetProperty("platform").GetProperty("architecture").GetString()!, blob);
        }
    }

    private static void AssertImage(byte[] content, string architecture, Func<string, byte[]> blob)
    {
        using var manifest = JsonDocument.Parse(content);
        using var config = JsonDocument.Parse(blob(manifest.RootElement.GetProperty("config").GetProperty("digest").GetString()!));
        var layers = manifest.RootElement.GetProperty("layers").EnumerateArray().Select(static layer => layer.GetProperty("digest").GetString()!).ToList();
        Assert.Equal(architecture, config.RootElement.GetProperty("architecture").GetString());
        Assert.Equal("10001:10001", config.RootElement.GetProperty("config").GetProperty("User").GetString());
        Assert.Equal(["dotnet", "/app/Hello.dll"], config.RootElement.GetProperty("config").GetProperty("Entrypoint").EnumerateArray().Select(static word => word.GetString()!));
        // The base's, and the program's on top of it.
        Assert.Equal((TestArchives.LayerDigest, 2), (layers[0], layers.Count));
        Assert.NotEmpty(blob(layers[1]));
    }
}
