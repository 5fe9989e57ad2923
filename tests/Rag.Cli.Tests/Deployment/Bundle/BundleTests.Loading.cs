using Rag.Cli.Deployment.Clusters;
using Rag.Cli.Tests.Deployment.Images;
using Rag.Deploy.Writing;

namespace Rag.Cli.Tests.Deployment.Bundle;

/// <summary>What the script of a bundle does with its images.</summary>
public sealed partial class BundleTests
{
    [Fact]
    public async Task Load_pushes_every_image_to_where_the_manifests_look_for_it()
    {
        var place = await ExtractAsync(await BundleAsync("--registry", "registry.local:5000/rag"));
        var tools = Tool("skopeo");

        var run = await ShellAsync(place, "load.sh", tools, "push");

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal($"copy --all --preserve-digests oci-archive:images/{ApiFile} docker://registry.local:5000/rag/rag/rag-api:0.1.0", (await File.ReadAllLinesAsync(Path.Combine(_folder.Path, "calls"))).Single());
        Assert.Contains("load: 1 images.", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Load_puts_images_onto_a_node_and_says_what_it_needs()
    {
        var place = await ExtractAsync(await BundleAsync());

        var loaded = await ShellAsync(place, "load.sh", Tool("ctr"), "node");
        var pushed = await ShellAsync(place, "load.sh", Tool("skopeo"), "push");
        var unknown = await ShellAsync(place, "load.sh", arguments: []);

        Assert.True(loaded.ExitCode == 0, loaded.Error);
        Assert.Equal($"--namespace k8s.io images import --index-name {Api} images/{ApiFile}", (await File.ReadAllLinesAsync(Path.Combine(_folder.Path, "calls")))[0]);
        Assert.Equal(2, pushed.ExitCode);
        Assert.Contains("made without --registry", pushed.Error, StringComparison.Ordinal);
        Assert.Equal(2, unknown.ExitCode);
        Assert.Contains("sh load.sh push", unknown.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_pinned_is_pushed_by_what_keeps_digests_and_by_nothing_else()
    {
        Render(Pinned);
        var place = await ExtractAsync(await BundleAsync("--registry", "registry.local:5000/rag"));

        var skopeo = await ShellAsync(place, "load.sh", Tool("skopeo"), "push");
        var docker = await ShellAsync(place, "load.sh", Tool("docker"), "push");

        Assert.True(skopeo.ExitCode == 0, skopeo.Error);
        Assert.Equal([$"copy --all --preserve-digests oci-archive:images/{PinnedFile} docker://registry.local:5000/rag/rag/rag-api:0.1.0"], Calls);
        Assert.Equal(1, docker.ExitCode);
        Assert.Contains("push with skopeo", docker.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Onto_a_node_what_is_pinned_goes_by_the_tag_that_the_manifests_then_ask_for()
    {
        Render(Pinned);
        var place = await ExtractAsync(await BundleAsync());

        var run = await ShellAsync(place, "load.sh", Tool("ctr"), "node");

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal([$"--namespace k8s.io images import --index-name {Api} images/{PinnedFile}"], Calls);
        Assert.Equal([Api], TreeFacts.Images(RenderedYaml.Read(await File.ReadAllTextAsync(Path.Combine(place, "manifests", "platform.yaml")))).Keys);
    }

    // Told a name that the archive has already, ctr names two things alike and removes the first of them while it unpacks it.
    [Theory]
    [InlineData("sdk")]
    [InlineData("docker")]
    public async Task Onto_a_node_an_archive_that_has_the_name_goes_without_being_told_it(string kind)
    {
        _ = kind == "sdk" ? TestArchives.OciOfSdk(_folder, "rag-api.tar", "docker.io/library/rag-api:0.1.0") : TestArchives.Docker(_folder, "rag-api.tar", Api);
        var file = Path.Combine(_folder.Path, "bundle.tar");
        var packed = await _kubectl.RunAsync(["bundle", file, "--no-generate", "--image-archive", Path.Combine(_folder.Path, "rag-api.tar")]);
        Assert.True(packed.ExitCode == 0, packed.Error + packed.Output);

        var run = await ShellAsync(await ExtractAsync(file), "load.sh", Tool("ctr"), "node");

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal([$"--namespace k8s.io images import images/{Path.GetFileName(Calls.Single())}"], Calls);
    }

    [Fact]
    public async Task Where_only_a_digest_says_which_scripts_and_manifests_give_it_the_same_tag()
    {
        Render($"registry.example.com/rag/rag-api@{Digest}");
        var place = await ExtractAsync(await BundleAsync());

        var run = await ShellAsync(place, "load.sh", Tool("ctr"), "node");

        Assert.True(run.ExitCode == 0, run.Error);
        var asked = TreeFacts.Images(RenderedYaml.Read(await File.ReadAllTextAsync(Path.Combine(place, "manifests", "platform.yaml")))).Keys.Single();
        Assert.Equal("registry.example.com/rag/rag-api:bundled", asked);
        Assert.Contains($"--index-name {asked} ", Calls.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_podman_and_docker_call_otherwise_is_named_as_the_manifests_have_it()
    {
        var registry = await ExtractAsync(await BundleAsync("--registry", "registry.local:5000/rag"));
        var pushed = await ShellAsync(registry, "load.sh", Tool("docker", "Loaded image: localhost/other:1"), "push");
        Directory.Delete(Path.Combine(_folder.Path, "unpacked"), recursive: true);
        var node = await ExtractAsync(await BundleAsync());
        var imported = await ShellAsync(node, "load.sh", Tool("podman", "Loaded image(s): localhost/other:1"), "node");

        Assert.True(pushed.ExitCode == 0, pushed.Error);
        Assert.True(imported.ExitCode == 0, imported.Error);
        const string Target = "registry.local:5000/rag/rag/rag-api:0.1.0";
        Assert.Equal(
            [$"load --quiet --input images/{ApiFile}", $"tag localhost/other:1 {Target}", $"push --quiet {Target}", $"load --quiet --input images/{ApiFile}", $"tag localhost/other:1 {Api}"], Calls);
    }

    [Fact]
    public async Task Load_goes_on_where_an_image_is_missing_or_fails_and_names_it_in_the_end()
    {
        Render("a.example.com/first:1", Api, "z.example.com/last:1");
        TestArchives.Oci(_folder, "last.tar", "z.example.com/last:1");
        var file = Path.Combine(_folder.Path, "bundle.tar");
        TestArchives.Oci(_folder, "api.tar", Api);
        var run = await _kubectl.RunAsync(["bundle", file, "--no-generate", "--allow-missing", "--registry", "registry.local", "--image-archive", Path.Combine(_folder.Path, "api.tar"), "--image-archive", Path.Combine(_folder.Path, "last.tar")]);
        Assert.True(run.ExitCode == 1, run.Error + run.Output);
        var place = await ExtractAsync(file);

        var partial = await ShellAsync(place, "load.sh", Tool("skopeo"), "push");
        var failing = await ShellAsync(place, "load.sh", Tool("skopeo", exitCode: 1), "push");
        var wrong = await ShellAsync(place, "load.sh", Tool("ctr"), "node");

        Assert.Equal(1, partial.ExitCode);
        Assert.Contains("load: 2 images.", partial.Output, StringComparison.Ordinal);
        Assert.Contains("a.example.com/first:1 is not in this bundle", partial.Error, StringComparison.Ordinal);
        Assert.Contains("bring it to registry.local/first:1.", partial.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("last", partial.Error, StringComparison.Ordinal);
        Assert.Equal(1, failing.ExitCode);
        Assert.Contains("z.example.com/last:1: see above", failing.Error, StringComparison.Ordinal);
        Assert.Equal(2, wrong.ExitCode);
        Assert.Contains("made with --registry", wrong.Error, StringComparison.Ordinal);
    }
}
