using Rag.Cli.Deployment.Images;
using Rag.Cli.Processes;
using Rag.Deploy.AppModel;
using Rag.Testing;

namespace Rag.Cli.Tests.Deployment.Images;

public sealed class ImagesTests
{
    private static readonly string Manifest = Path.Combine(Repository.Root, "tests", "AppHost.Tests", "Publishing", "apphost-manifest.json");
    private static readonly ImagePublish Image = new("rag-api", "/src/Rag.Api.csproj", "0.1.0");

    [Fact]
    public void Every_project_of_the_app_model_becomes_an_image_of_the_name_in_the_manifests()
    {
        var images = ImagesCommand.Projects(ManifestReader.ReadFile(Manifest), [], "0.1.0");

        Assert.Equal(["rag-api", "rag-ingest", "rag-web"], images.Select(static image => image.Name).Order(StringComparer.Ordinal));
        Assert.All(images, static image => Assert.EndsWith(".csproj", image.Project, StringComparison.Ordinal));
        Assert.Equal("rag-web", Assert.Single(ImagesCommand.Projects(ManifestReader.ReadFile(Manifest), ["rag-web"], "0.1.0")).Name);
    }

    [Fact]
    public void The_SDK_is_told_user_format_and_where_it_goes()
    {
        var written = Image.Arguments("127.0.0.1:5000/base:local", "/out/rag-api.tar", registry: null);
        var pushed = Image.Arguments(baseImage: null, archive: null, "registry.example.com:5000/team/rag");

        Assert.Contains("-property:ContainerUser=10001", written);
        Assert.Contains("-property:ContainerArchiveOutputPath=/out/rag-api.tar", written);
        Assert.Contains("-property:ContainerBaseImage=127.0.0.1:5000/base:local", written);
        Assert.Contains("-property:ContainerRepository=rag-api", written);
        Assert.Contains("-property:ContainerRegistry=registry.example.com:5000", pushed);
        Assert.Contains("-property:ContainerRepository=team/rag/rag-api", pushed);
        Assert.DoesNotContain(pushed, static argument => argument.Contains("ContainerBaseImage", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Rag.Api.csproj : error MSB4057: The target \"PublishContainer\" does not exist in the project.", "This SDK cannot build images", 3)]
    [InlineData("error CONTAINER1015: Unable to access the repository 'dotnet/aspnet' at tag '10.0' in the registry 'mcr.microsoft.com'.", "The base image of rag-api cannot be fetched", 3)]
    [InlineData("Program.cs(1,1): error CS1002: ; expected", "could not be built: Program.cs(1,1): error CS1002", 1)]
    public void What_the_SDK_complains_of_is_told_apart(string output, string words, int exitCode)
    {
        var failure = Image.Failure(new ProgramResult(1, output, "", TimedOut: false), baseImage: null);

        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.Equal(exitCode, failure.ExitCode);
    }

    [Fact]
    public void One_base_holds_for_all_and_named_ones_for_single_images()
    {
        var bases = BaseChoice.Parse(["base.tar", "rag-ingest=ingest.tar"]);

        Assert.Equal(("base.tar", null, "ingest.tar"), (bases.Shared, bases.Own("rag-api"), bases.Own("rag-ingest")));
        Assert.Throws<CliException>(() => BaseChoice.Parse(["a.tar", "b.tar"]));
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
