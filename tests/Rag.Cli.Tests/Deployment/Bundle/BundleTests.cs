using System.Formats.Tar;
using System.Runtime.Versioning;
using Rag.Cli.Deployment.Clusters;
using Rag.Cli.Processes;
using Rag.Cli.Tests.Deployment.Clusters;
using Rag.Cli.Tests.Deployment.Images;
using Rag.Deploy.Writing;

namespace Rag.Cli.Tests.Deployment.Bundle;

[UnsupportedOSPlatform("windows")]
public sealed class BundleTests : IDisposable
{
    private const string Api = "registry.example.com/rag/rag-api:0.1.0";

    private readonly ScriptedKubectl _kubectl = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _kubectl.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task It_holds_images_manifests_and_scripts_and_no_value_of_a_secret()
    {
        var content = await UnpackAsync(await BundleAsync("--registry", "registry.local:5000/rag"));

        Assert.Equal(
            ["README.md", "checksums.sha256", "images.lock", "images/rag_rag-api_0.1.0.tar", "load.sh", "manifests/kustomization.yaml", "manifests/platform.yaml", "manifests/secrets.env.example", "verify.sh"],
            content.Keys);
        var line = content["images.lock"].Split('\n')[1].Split('\t');
        Assert.Equal((Api, "registry.local:5000/rag/rag/rag-api:0.1.0", "oci-archive", "images/rag_rag-api_0.1.0.tar", "Deployment rag-api"), (line[0], line[1], line[4], line[5], line[6]));
        Assert.StartsWith("sha256:", line[2], StringComparison.Ordinal);
        Assert.Equal(new FileInfo(Path.Combine(_folder.Path, "api.tar")).Length.ToString(System.Globalization.CultureInfo.InvariantCulture), line[3]);
        Assert.Contains("postgres-password=\n", content["manifests/secrets.env.example"], StringComparison.Ordinal);
        Assert.All(content.Values, static text => Assert.DoesNotContain("dG9wc2VjcmV0", text, StringComparison.Ordinal));
        Assert.All(content.Values, static text => Assert.DoesNotContain("topsecret", text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_same_content_is_the_same_bytes()
    {
        var first = await File.ReadAllBytesAsync(await BundleAsync());
        await Task.Delay(TimeSpan.FromSeconds(1.1));

        Assert.Equal(first, await File.ReadAllBytesAsync(await BundleAsync()));
    }

    [Fact]
    public async Task Verify_accepts_what_was_packed_and_refuses_what_was_changed_added_or_lost()
    {
        var place = await ExtractAsync(await BundleAsync());

        Assert.Equal(0, (await ShellAsync(place, "verify.sh")).ExitCode);
        await File.WriteAllTextAsync(Path.Combine(place, "manifests", "secrets.env"), "a=b\n");
        Assert.Equal(0, (await ShellAsync(place, "verify.sh")).ExitCode);

        await File.WriteAllTextAsync(Path.Combine(place, "manifests", "more.yaml"), "a: b\n");
        var added = await ShellAsync(place, "verify.sh");
        Assert.Equal(1, added.ExitCode);
        Assert.Contains("manifests/more.yaml", added.Error, StringComparison.Ordinal);
        File.Delete(Path.Combine(place, "manifests", "more.yaml"));

        await File.AppendAllTextAsync(Path.Combine(place, "manifests", "platform.yaml"), "#\n");
        var changed = await ShellAsync(place, "verify.sh");
        Assert.Equal(1, changed.ExitCode);
        Assert.Contains("manifests/platform.yaml", changed.Error, StringComparison.Ordinal);

        File.Delete(Path.Combine(place, "manifests", "platform.yaml"));
        Assert.Equal(1, (await ShellAsync(place, "verify.sh")).ExitCode);
    }

    [Fact]
    public async Task Load_pushes_every_image_to_where_the_manifests_look_for_it()
    {
        var place = await ExtractAsync(await BundleAsync("--registry", "registry.local:5000/rag"));
        var tools = Tool("skopeo");

        var run = await ShellAsync(place, "load.sh", tools, "push");

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal("copy --all --preserve-digests oci-archive:images/rag_rag-api_0.1.0.tar docker://registry.local:5000/rag/rag/rag-api:0.1.0", (await File.ReadAllLinesAsync(Path.Combine(_folder.Path, "calls"))).Single());
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
        Assert.Equal($"--namespace k8s.io images import --index-name {Api} images/rag_rag-api_0.1.0.tar", (await File.ReadAllLinesAsync(Path.Combine(_folder.Path, "calls")))[0]);
        Assert.Equal(2, pushed.ExitCode);
        Assert.Contains("made without --registry", pushed.Error, StringComparison.Ordinal);
        Assert.Equal(2, unknown.ExitCode);
        Assert.Contains("sh load.sh push", unknown.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_that_cannot_be_had_is_named_with_the_command_and_nothing_is_written()
    {
        _kubectl.Answer("kustomize", ScriptedKubectl.Rendered.Replace("registry.example.com", "registry.invalid", StringComparison.Ordinal));
        var file = Path.Combine(_folder.Path, "bundle.tar");

        var refused = await _kubectl.RunAsync(["bundle", file, "--no-generate"]);
        var partial = await _kubectl.RunAsync(["bundle", file + ".partial", "--no-generate", "--allow-missing"]);

        Assert.Equal(3, refused.ExitCode);
        Assert.Contains("missing  registry.invalid/rag/rag-api:0.1.0", refused.Output, StringComparison.Ordinal);
        Assert.Contains("skopeo copy docker://registry.invalid/rag/rag-api:0.1.0 oci-archive:rag_rag-api_0.1.0.tar", refused.Output, StringComparison.Ordinal);
        Assert.Equal(1, partial.ExitCode);
        Assert.Contains("## Not in this bundle", (await UnpackAsync(file + ".partial"))["README.md"], StringComparison.Ordinal);
        Assert.Equal([file + ".partial"], Directory.EnumerateFiles(_folder.Path));
    }

    [KubectlFact]
    public async Task What_the_bundle_renders_names_the_images_in_the_other_registry_and_has_the_secret()
    {
        _kubectl.Answer("kustomize", ScriptedKubectl.Rendered.Replace("rag-api:0.1.0", $"rag-api:0.1.0@sha256:{new string('a', 64)}", StringComparison.Ordinal));
        var place = Path.Combine(await ExtractAsync(await BundleAsync("--registry", "registry.local:5000/rag")), "manifests");
        await File.WriteAllTextAsync(Path.Combine(place, "secrets.env"), "postgres-password=typed-there\n");

        var run = await ChildProgram.CaptureAsync("kubectl", ["kustomize", place], Path.GetTempPath(), TimeSpan.FromMinutes(1));

        Assert.True(run.Succeeded, run.Error);
        var objects = RenderedYaml.Read(run.Output);
        Assert.Equal([$"registry.local:5000/rag/rag/rag-api:0.1.0@sha256:{new string('a', 64)}"], TreeFacts.Images(objects).Keys);
        var secret = objects.Single(static one => one.Kind() == "Secret");
        Assert.Equal(("ragplatform-secrets", "ragplatform"), (secret.Name(), secret.Text("metadata", "namespace")));
        Assert.Equal(Convert.ToBase64String("typed-there"u8), secret.Text("data", "postgres-password"));
        Assert.Equal(4, objects.Count);
    }

    [Fact]
    public async Task Secrets_go_in_on_request_and_close_the_file_to_others()
    {
        await File.WriteAllTextAsync(Path.Combine(_kubectl.Tree, "overlays", "dev", "secrets.env"), "postgres-password=topsecret\n");

        var file = await BundleAsync("--with-secrets");

        Assert.Equal("postgres-password=topsecret\n", (await UnpackAsync(file))["manifests/secrets.env"]);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    private async Task<string> BundleAsync(params string[] arguments)
    {
        var archive = Path.Combine(_folder.Path, "api.tar");
        if (!File.Exists(archive))
        {
            TestArchives.Oci(_folder, "api.tar", Api);
        }

        var file = Path.Combine(_folder.Path, "bundle.tar");
        var run = await _kubectl.RunAsync(["bundle", file, "--no-generate", "--image-archive", archive, .. arguments]);
        Assert.True(run.ExitCode == 0, run.Error + run.Output);
        return file;
    }

    private static async Task<SortedDictionary<string, string>> UnpackAsync(string file)
    {
        var content = new SortedDictionary<string, string>(StringComparer.Ordinal);
        await using var tar = new TarReader(File.OpenRead(file));
        while (await tar.GetNextEntryAsync() is { } entry)
        {
            using var text = new StreamReader(entry.DataStream ?? Stream.Null);
            content.Add(entry.Name[(entry.Name.IndexOf('/', StringComparison.Ordinal) + 1)..], await text.ReadToEndAsync());
        }

        return content;
    }

    private async Task<string> ExtractAsync(string file)
    {
        var place = Path.Combine(_folder.Path, "unpacked");
        Directory.CreateDirectory(place);
        await TarFile.ExtractToDirectoryAsync(file, place, overwriteFiles: false);
        return Path.Combine(place, "ragplatform-dev");
    }

    /// <summary>A folder with one program that writes down what it is called with.</summary>
    private string Tool(string name)
    {
        var folder = Path.Combine(_folder.Path, $"only-{name}");
        File.SetUnixFileMode(_folder.File($"only-{name}/{name}", $"#!/bin/sh\nprintf '%s\\n' \"$*\" >>'{_folder.Path}/calls'\n"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return folder;
    }

    // With nothing of the machine's on PATH but what every POSIX system has.
    private static Task<ProgramResult> ShellAsync(string folder, string script, string tools = "/nonexistent", params string[] arguments) => ChildProgram.CaptureAsync(
        "/bin/sh", [Path.Combine(folder, script), .. arguments], Path.GetTempPath(), TimeSpan.FromSeconds(30), new Dictionary<string, string?> { ["PATH"] = $"{tools}:/usr/bin:/bin" });
}
