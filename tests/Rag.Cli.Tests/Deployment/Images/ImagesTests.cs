using Rag.Cli.Deployment.Images;
using Rag.Cli.Processes;
using Rag.Deploy.AppModel;
using Rag.Testing;

namespace Rag.Cli.Tests.Deployment.Images;

public sealed class ImagesTests
{
    private static readonly string Manifest = Path.Combine(Repository.Root, "tests", "AppHost.Tests", "Publishing", "apphost-manifest.json");
    private static readonly ImagePublish Image = new("rag-api", "/src/Rag.Api.csproj", "0.1.0", [ImagePlatform.Own]);

    [Fact]
    public void Every_project_of_the_app_model_becomes_an_image_of_the_name_in_the_manifests()
    {
        var images = ImagesCommand.Projects(ManifestReader.ReadFile(Manifest), checkout: null);

        Assert.Equal(["rag-api", "rag-ingest", "rag-web"], images.Select(static image => image.Name).Order(StringComparer.Ordinal));
        Assert.All(images, static image => Assert.EndsWith(".csproj", image.Project, StringComparison.Ordinal));
        Assert.Equal("rag-web", Assert.Single(ImagesCommand.Chosen(images, ["Rag-Web"])).Name);
    }

    [Fact]
    public async Task With_this_checkouts_services_comes_the_command_line_that_the_jobs_run()
    {
        using var folder = new TemporaryFolder();
        var checkout = new Checkout(Path.Combine(folder.Path, "checkout"));
        Directory.CreateDirectory(Path.GetDirectoryName(checkout.AppHost)!);
        var manifest = Path.Combine(Path.GetDirectoryName(checkout.AppHost)!, "manifest.json");
        File.Copy(Manifest, manifest);
        folder.File("values.yaml", """
            version: "1"
            smokeTest: { service: rag-api, key: bootstrap-key }
            loadTest: { service: rag-api, key: bootstrap-key }
            migration: { service: rag-api }
            """);

        var images = ImagesCommand.Projects(ManifestReader.ReadFile(manifest), checkout);
        var foreign = ImagesCommand.Projects(ManifestReader.ReadFile(manifest), new Checkout(Path.Combine(folder.Path, "another")));
        var generated = await CliRun.InvokeAsync(["generate", "-m", manifest, "-f", folder.Path, "-o", Path.Combine(folder.Path, "out")]);

        Assert.Equal(0, generated.ExitCode);
        Assert.Equal(checkout.CommandLine, Assert.Single(ImagesCommand.Chosen(images, ["rag-cli"])).Project);
        Assert.DoesNotContain(foreign, static image => image.Name == "rag-cli");
        // Images of no registry are those that somebody has to build: all of them are, and no other.
        var named = Directory.EnumerateFiles(Path.Combine(folder.Path, "out"), "*.yaml", SearchOption.AllDirectories).SelectMany(File.ReadLines)
            .Select(static line => line.Trim().Split("image: ") is [.., var reference] && line.Contains("image: ", StringComparison.Ordinal) ? reference.Trim('"') : "")
            .Where(static reference => reference.EndsWith(":1", StringComparison.Ordinal) && !reference.Contains('/', StringComparison.Ordinal)).Distinct();
        Assert.Equal(images.Select(static image => $"{image.Name}:1").Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_SDK_is_told_user_base_format_and_where_it_goes()
    {
        var written = Image.Arguments("127.0.0.1:5000/base:local", "/out/rag-api.tar", registry: null);
        var pushed = Image.Arguments(BaseImage.Standard, archive: null, "registry.example.com:5000/team/rag");

        // A user without a group would have root's.
        Assert.Contains("-property:ContainerUser=10001:10001", written);
        Assert.Contains("-property:ContainerArchiveOutputPath=/out/rag-api.tar", written);
        Assert.Contains("-property:ContainerBaseImage=127.0.0.1:5000/base:local", written);
        Assert.Contains("-property:ContainerRepository=rag-api", written);
        Assert.Contains("-property:ContainerRegistry=registry.example.com:5000", pushed);
        Assert.Contains("-property:ContainerRepository=team/rag/rag-api", pushed);
        Assert.Contains($"-property:ContainerBaseImage={BaseImage.Standard}", pushed);
    }

    [Fact]
    public void The_base_is_one_image_for_all_and_pinned_by_version_distribution_and_digest()
    {
        var containerfiles = Directory.EnumerateFiles(Path.Combine(Repository.Root, "deploy", "images"), "*.Containerfile").ToList();

        Assert.Matches(@"^mcr\.microsoft\.com/dotnet/aspnet:10\.0\.\d+-[a-z]+@sha256:[0-9a-f]{64}$", BaseImage.Standard);
        Assert.NotEmpty(containerfiles);
        Assert.All(containerfiles, static file => Assert.Equal([$"ARG BASE={BaseImage.Standard}", "FROM ${BASE}"], File.ReadLines(file).Where(static line => line.StartsWith("ARG ", StringComparison.Ordinal) || line.StartsWith("FROM ", StringComparison.Ordinal))));
    }

    [Fact]
    public void Platforms_are_those_of_the_runtime_and_this_machines_where_none_is_named()
    {
        Assert.Equal(["linux-x64", "linux-arm64"], ImagePlatform.Parse(["linux/amd64,linux/arm64", "linux/amd64"]).Select(static platform => platform.RuntimeIdentifier));
        Assert.Equal(ImagePlatform.Own, Assert.Single(ImagePlatform.Parse([])));
        Assert.Contains("linux/arm64", Assert.Throws<CliException>(() => ImagePlatform.Parse(["linux/s390x"])).Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Rag.Api.csproj : error MSB4057: The target \"PublishContainer\" does not exist in the project.", "This SDK cannot build images", 3)]
    [InlineData("error CONTAINER1015: Unable to access the repository 'dotnet/aspnet' at tag '10.0' in the registry 'mcr.microsoft.com'.", "The base image of rag-api (mcr.microsoft.com/", 3)]
    [InlineData("error MSB4018: System.Net.Http.HttpRequestException: Name or service not known (mcr.microsoft.com:443)", "The base image of rag-api (mcr.microsoft.com/", 3)]
    [InlineData("/sdk/Containers/build/Microsoft.NET.Build.Containers.targets(255,5): error CONTAINER1013: Failed to push to the output registry: no (registry.example.com:443) [/src/Rag.Api.csproj]",
        "The image of rag-api cannot be pushed to registry.example.com/rag: Failed to push to the output registry: no (registry.example.com:443)", 3)]
    [InlineData("error CONTAINER1016: Unable to access the repository 'rag/rag-api' in the registry 'registry.example.com'.", "cannot be pushed to registry.example.com/rag", 3)]
    [InlineData("Program.cs(1,1): error CS1002: ; expected", "could not be built: Program.cs(1,1): error CS1002", 1)]
    public void What_the_SDK_complains_of_is_told_apart(string output, string words, int exitCode)
    {
        var failure = Image.Failure(new ProgramResult(1, output, "", TimedOut: false), BaseImage.Standard, "registry.example.com/rag");

        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.Equal(exitCode, failure.ExitCode);
    }

    [Fact]
    public void What_the_network_says_is_of_the_registry_where_the_base_lies_here()
    {
        var failure = Image.Failure(new ProgramResult(1, "error MSB4018: Connection refused", "", TimedOut: false), "127.0.0.1:5000/base:local", "127.0.0.1:5001/rag");

        Assert.Contains("cannot be pushed to 127.0.0.1:5001/rag", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_base_holds_for_all_and_named_ones_for_single_images()
    {
        var bases = BaseChoice.Parse(["base.tar", "rag-ingest=ingest.tar"]);

        Assert.Equal(("base.tar", null, "ingest.tar"), (bases.Shared, bases.Own("rag-api"), bases.Own("rag-ingest")));
        Assert.Throws<CliException>(() => BaseChoice.Parse(["a.tar", "b.tar"]));
    }

    [Theory]
    [InlineData("", "w", "--registry registry.example.com/rag")]
    [InlineData("\"p\": { \"type\": \"project.v0\", \"path\": \"p.csproj\" },", "w", "--registry registry.example.com/rag w")]
    public async Task Images_that_are_built_from_a_Dockerfile_are_named_with_the_command(string others, string name, string arguments)
    {
        using var folder = new TemporaryFolder();
        var manifest = folder.File("manifest.json", $$"""
            { "resources": { {{others}} "{{name}}": { "type": "container.v1", "build": { "context": "app", "dockerfile": "app/Dockerfile", "stage": "final", "args": { "A": "1" } } } } }
            """);
        folder.File("values.yaml", "version: '7'\n");

        var run = await CliRun.InvokeAsync(["images", .. arguments.Split(' '), "-m", manifest, "-f", folder.Path], workingDirectory: folder.Path);

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("w: built from a Dockerfile, which this command does not do. Nothing was built.", run.Error, StringComparison.Ordinal);
        Assert.Contains(
            $"docker build -t registry.example.com/rag/w:7 -f {Path.Combine(folder.Path, "app", "Dockerfile")} --target final --build-arg A=... {Path.Combine(folder.Path, "app")}",
            run.Error.ReplaceLineEndings(" "), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nothing_is_to_build_that_is_said()
    {
        using var folder = new TemporaryFolder();
        var manifest = folder.File("manifest.json", """{ "resources": { "w": { "type": "container.v0", "image": "w:1" } } }""");
        folder.File("values.yaml", "version: '7'\n");

        var run = await CliRun.InvokeAsync(["images", "-m", manifest, "-f", folder.Path], workingDirectory: folder.Path);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("There is nothing to build: the app model has no project.", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new[] { "rag-apo" }, "There is no project 'rag-apo' in the app model.", 2)]
    [InlineData(new[] { "rag-api", "--base", "nowhere.tar" }, "There is no image archive", 2)]
    public async Task What_is_not_there_is_told_before_anything_is_built(string[] arguments, string words, int exitCode)
    {
        using var folder = new TemporaryFolder();

        var run = await CliRun.InvokeAsync(["images", .. arguments, "-m", Manifest, "-f", Path.Combine(Repository.Root, "deploy"), "--folder", folder.Path], workingDirectory: folder.Path);

        Assert.Equal(exitCode, run.ExitCode);
        Assert.Contains(words, run.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }
}
