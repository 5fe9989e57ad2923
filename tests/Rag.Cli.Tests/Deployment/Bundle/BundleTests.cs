using System.Formats.Tar;
using System.Runtime.Versioning;
using Rag.Cli.Deployment.Bundle;
using Rag.Cli.Deployment.Clusters;
using Rag.Cli.Deployment.Images;
using Rag.Cli.Processes;
using Rag.Cli.Tests.Deployment.Clusters;
using Rag.Cli.Tests.Deployment.Images;
using Rag.Deploy.Writing;

namespace Rag.Cli.Tests.Deployment.Bundle;

[UnsupportedOSPlatform("windows")]
public sealed partial class BundleTests : IDisposable
{
    private const string Api = "registry.example.com/rag/rag-api:0.1.0";
    private const string ApiFile = "registry.example.com_rag_rag-api_0.1.0.tar";
    private static readonly string Digest = DigestOfOne();
    private static readonly string Pinned = $"{Api}@{Digest}";
    private static readonly string PinnedFile = $"registry.example.com_rag_rag-api_0.1.0_{Digest["sha256:".Length..][..12]}.tar";
    private static readonly string OtherDigest = $"sha256:{new string('a', 64)}";

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
            ["README.md", "checksums.sha256", "images.lock", $"images/{ApiFile}", "load.sh", "manifests/kustomization.yaml", "manifests/platform.yaml", "manifests/secrets.env.example", "verify.sh"],
            content.Keys);
        var line = Locked(content["images.lock"]).Single();
        Assert.Equal((Api, "registry.local:5000/rag/rag/rag-api:0.1.0", Digest, "oci-archive", $"images/{ApiFile}", "Deployment rag-api"), (line[0], line[1], line[2], line[4], line[5], line[6]));
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

        File.CreateSymbolicLink(Path.Combine(place, "manifests", "link"), "/etc/hostname");
        var linked = await ShellAsync(place, "verify.sh");
        Assert.Equal(1, linked.ExitCode);
        Assert.Contains("manifests/link", linked.Error, StringComparison.Ordinal);
        File.Delete(Path.Combine(place, "manifests", "link"));

        // The content is the same, for now.
        File.Move(Path.Combine(place, "README.md"), Path.Combine(_folder.Path, "README.md"));
        File.CreateSymbolicLink(Path.Combine(place, "README.md"), Path.Combine(_folder.Path, "README.md"));
        Assert.Equal(1, (await ShellAsync(place, "verify.sh")).ExitCode);
        File.Move(Path.Combine(_folder.Path, "README.md"), Path.Combine(place, "README.md"), overwrite: true);

        await File.AppendAllTextAsync(Path.Combine(place, "manifests", "platform.yaml"), "#\n");
        var changed = await ShellAsync(place, "verify.sh");
        Assert.Equal(1, changed.ExitCode);
        Assert.Contains("manifests/platform.yaml", changed.Error, StringComparison.Ordinal);

        File.Delete(Path.Combine(place, "manifests", "platform.yaml"));
        Assert.Equal(1, (await ShellAsync(place, "verify.sh")).ExitCode);
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
        Assert.Contains("skopeo copy docker://registry.invalid/rag/rag-api:0.1.0 oci-archive:registry.invalid_rag_rag-api_0.1.0.tar", refused.Output, StringComparison.Ordinal);
        Assert.Equal(1, partial.ExitCode);
        Assert.Contains("## Not in this bundle", (await UnpackAsync(file + ".partial"))["README.md"], StringComparison.Ordinal);
        Assert.Equal([file + ".partial"], Directory.EnumerateFiles(_folder.Path));
    }

    [KubectlFact]
    public async Task What_the_bundle_renders_names_the_images_in_the_other_registry_and_has_the_secret()
    {
        Render(Pinned);
        var place = Path.Combine(await ExtractAsync(await BundleAsync("--registry", "registry.local:5000/rag")), "manifests");
        await File.WriteAllTextAsync(Path.Combine(place, "secrets.env"), "postgres-password=typed-there\n");

        var run = await ChildProgram.CaptureAsync("kubectl", ["kustomize", place], Path.GetTempPath(), TimeSpan.FromMinutes(1));

        Assert.True(run.Succeeded, run.Error);
        var objects = RenderedYaml.Read(run.Output);
        Assert.Equal([$"registry.local:5000/rag/rag/rag-api:0.1.0@{Digest}"], TreeFacts.Images(objects).Keys);
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

    [Fact]
    public async Task An_image_that_is_pinned_by_another_digest_than_the_archives_is_missing_with_both_named()
    {
        Render($"{Api}@{OtherDigest}");

        var run = await TryBundleAsync();

        Assert.Equal(3, run.ExitCode);
        Assert.Contains($"api.tar holds it as {Digest}, and the manifests ask for {OtherDigest}", run.Output, StringComparison.Ordinal);
        // Tools that fetch images refuse a tag beside a digest.
        Assert.Contains(
            $"skopeo copy --all --preserve-digests docker://registry.example.com/rag/rag-api@{OtherDigest} oci-archive:registry.example.com_rag_rag-api_0.1.0_{new string('a', 12)}.tar:{Api}", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("podman save", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_archive_without_a_manifest_cannot_stand_for_a_digest_and_its_own_is_not_written_down_as_one()
    {
        TestArchives.Docker(_folder, "api.tar", Api);
        var plain = await UnpackAsync(await BundleAsync());
        Render(Pinned);

        var pinned = await TryBundleAsync();

        Assert.Equal(("-", "docker-archive"), (Locked(plain["images.lock"]).Single()[2], Locked(plain["images.lock"]).Single()[4]));
        Assert.Equal(3, pinned.ExitCode);
        Assert.Contains("is in docker's format and has no digest that could be compared with sha256:", pinned.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_projects_archive_is_found_by_project_and_tag_whatever_the_registry_of_the_values_is()
    {
        TestArchives.OciOfSdk(_folder, "images/rag-api.tar", "docker.io/library/rag-api:0.1.0");

        var run = await _kubectl.RunAsync(["bundle", Path.Combine(_folder.Path, "bundle.tar"), "--no-generate", "--image-archive", Path.Combine(_folder.Path, "images")]);

        Assert.True(run.ExitCode == 0, run.Error + run.Output);
    }

    [Theory]
    [InlineData("rag-api.tar", "docker.io/library/rag-api:0.2.0", true)]
    [InlineData("rag-api.tar", "docker.io/library/rag-api:0.1.0", false)]
    [InlineData("other.tar", "docker.io/library/rag-api:0.1.0", true)]
    public async Task What_is_only_called_like_a_project_is_not_taken_for_it(string file, string name, bool isOfSdk)
    {
        _ = isOfSdk ? TestArchives.OciOfSdk(_folder, file, name) : TestArchives.Oci(_folder, file, name);

        var run = await _kubectl.RunAsync(["bundle", Path.Combine(_folder.Path, "bundle.tar"), "--no-generate", "--image-archive", Path.Combine(_folder.Path, file)]);

        Assert.Equal(3, run.ExitCode);
        Assert.Contains($"missing  {Api}", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_images_that_would_be_one_in_the_other_registry_are_refused_and_elsewhere_are_two_files()
    {
        const string Other = "other.example.com/rag/rag-api:0.1.0";
        Render(Api, Other);
        string[] archives = ["--image-archive", TestArchives.Oci(_folder, "api.tar", Api), "--image-archive", TestArchives.OciOfSdk(_folder, "other.tar", Other)];
        var file = Path.Combine(_folder.Path, "bundle.tar");

        var refused = await _kubectl.RunAsync(["bundle", file, "--no-generate", "--registry", "registry.local", .. archives]);
        var apart = await _kubectl.RunAsync(["bundle", file, "--no-generate", .. archives]);

        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("'registry.local/rag/rag-api:0.1.0'", refused.Error, StringComparison.Ordinal);
        Assert.True(apart.ExitCode == 0, apart.Error);
        Assert.Equal(2, (await UnpackAsync(file)).Keys.Count(static name => name.StartsWith("images/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_image_may_be_larger_than_8_GiB()
    {
        const long Size = 9L << 30;
        var large = Path.Combine(_folder.Path, "large.tar");
        await using (var file = File.Create(large))
        {
            // Nothing is written: a file with a hole.
            file.SetLength(Size);
        }

        await using var output = new FirstBytes();
        await using (var tar = new TarWriter(output, TarEntryFormat.Gnu, leaveOpen: true))
        {
            await Assert.ThrowsAsync<EndOfStreamException>(() => BundleArchive.AddAsync(tar, "a/images/large.tar", new BundleFile(Text: null, large), CancellationToken.None));
        }

        await File.WriteAllBytesAsync(large, output.ToArray());
        await using var read = new TarReader(File.OpenRead(large));
        Assert.Equal(Size, (await read.GetNextEntryAsync())!.Length);
    }

    /// <summary>Takes what describes a file, and no gigabytes.</summary>
    private sealed class FirstBytes : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            Length > 4096 ? throw new EndOfStreamException() : base.WriteAsync(buffer, cancellationToken);
    }

    private void Render(params string[] images) => _kubectl.Answer("kustomize", ScriptedKubectl.Rendered.Replace(
        "- { name: rag-api, image: \"registry.example.com/rag/rag-api:0.1.0\" }",
        string.Join("\n      ", images.Select(static (image, number) => $"- {{ name: c{number}, image: \"{image}\" }}")),
        StringComparison.Ordinal));

    private static string DigestOfOne()
    {
        using var folder = new TemporaryFolder();
        return ImageArchive.ReadAsync(TestArchives.Oci(folder, "one.tar", Api), CancellationToken.None).GetAwaiter().GetResult().Images[0].Digest;
    }

    private string[] Calls => File.ReadAllLines(Path.Combine(_folder.Path, "calls"));

    private static List<string[]> Locked(string text) => [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(static line => line[0] != '#').Select(static line => line.Split('\t'))];

    private Task<CliRun> TryBundleAsync()
    {
        var archive = Path.Combine(_folder.Path, "api.tar");
        if (!File.Exists(archive))
        {
            TestArchives.Oci(_folder, "api.tar", Api);
        }

        return _kubectl.RunAsync(["bundle", Path.Combine(_folder.Path, "bundle.tar"), "--no-generate", "--image-archive", archive]);
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
    private string Tool(string name, string says = "", int exitCode = 0)
    {
        var folder = Path.Combine(_folder.Path, $"only-{name}-{exitCode}");
        var script = $"""
            #!/bin/sh
            cat >/dev/null
            printf '%s\n' "$*" >>'{_folder.Path}/calls'
            [ "$1" != load ] || echo '{says}'
            exit {exitCode}

            """;
        File.SetUnixFileMode(_folder.File($"{Path.GetFileName(folder)}/{name}", script.ReplaceLineEndings("\n")), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return folder;
    }

    // With nothing of the machine's on PATH but what every POSIX system has, and what computes checksums: the machine may have one of the tools itself.
    private Task<ProgramResult> ShellAsync(string folder, string script, string tools = "/nonexistent", params string[] arguments)
    {
        var common = Directory.CreateDirectory(Path.Combine(_folder.Path, "common")).FullName;
        foreach (var program in new[] { "cat", "dirname", "find", "grep", "sed", "sha256sum", "shasum", "sh", "sort", "tail", "tar", "tr" })
        {
            if (new[] { "/usr/bin", "/bin" }.Select(place => Path.Combine(place, program)).FirstOrDefault(File.Exists) is { } there && !File.Exists(Path.Combine(common, program)))
            {
                File.CreateSymbolicLink(Path.Combine(common, program), there);
            }
        }

        return ChildProgram.CaptureAsync("/bin/sh", [Path.Combine(folder, script), .. arguments], Path.GetTempPath(), TimeSpan.FromSeconds(30), new Dictionary<string, string?> { ["PATH"] = $"{tools}:{common}" });
    }
}
