using System.Net;
using System.Text.Json;
using Rag.Cli.Deployment.Images;
using Rag.Deploy.Planning;

namespace Rag.Cli.Tests.Deployment.Images;

public sealed class ImageArchiveTests : IDisposable
{
    private static readonly IReadOnlyList<ImagePlatform> Amd64 = ImagePlatform.Parse(["linux/amd64"]);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Both_layouts_are_read_and_searched_by_name()
    {
        var oci = await ImageArchive.ReadAsync(TestArchives.Oci(_folder, "oci.tar", "docker.io/library/redis:8.6"), CancellationToken.None);
        var docker = await ImageArchive.ReadAsync(TestArchives.Docker(_folder, "docker.tar", "redis:8.6", "postgres:18"), CancellationToken.None);

        Assert.Equal(("oci-archive", "docker-archive"), (oci.Transport, docker.Transport));
        Assert.NotNull(oci.Find(ImageReference.Parse("redis:8.6")));
        Assert.Null(oci.Find(ImageReference.Parse("redis:8")));
        Assert.Equal(TestArchives.ConfigDigest, docker.Find(ImageReference.Parse("docker.io/library/postgres:18"))!.Digest);
    }

    [Fact]
    public async Task A_tag_alone_names_nothing()
    {
        var archive = await ImageArchive.ReadAsync(TestArchives.Oci(_folder, "oci.tar", "8.6"), CancellationToken.None);

        Assert.Null(archive.Find(ImageReference.Parse("redis:8.6")));
    }

    [Theory]
    [InlineData("nowhere.tar", "There is no image archive")]
    [InlineData("text.tar", "is no archive of images")]
    [InlineData("empty.tar", "it has neither index.json nor manifest.json")]
    public async Task What_is_no_archive_is_told(string file, string words)
    {
        _folder.File("text.tar", new string('x', 2000));
        await using (var tar = new System.Formats.Tar.TarWriter(File.Create(Path.Combine(_folder.Path, "empty.tar"))))
        {
            await tar.WriteEntryAsync(new System.Formats.Tar.PaxTarEntry(System.Formats.Tar.TarEntryType.Directory, "a"));
        }

        var refused = await Assert.ThrowsAsync<CliException>(() => ImageArchive.ReadAsync(Path.Combine(_folder.Path, file), CancellationToken.None));

        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
        Assert.Equal(2, refused.ExitCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_archive_is_served_as_a_registry_would(bool isOci)
    {
        await using var image = await BaseImage.OfAsync(isOci ? TestArchives.Oci(_folder, "base.tar", "base:1") : TestArchives.Docker(_folder, "base.tar", "base:1"), Amd64, _folder.Path, CancellationToken.None);
        var (host, repository, tag) = (image.Reference.Split('/')[0], image.Reference.Split('/')[1].Split(':')[0], image.Reference.Split(':')[^1]);
        using var client = new HttpClient { BaseAddress = new Uri($"http://{host}/v2/") };

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("")).StatusCode);
        var answer = await client.GetAsync($"{repository}/manifests/{tag}");
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        using var manifest = JsonDocument.Parse(bytes);
        Assert.Equal("application/vnd.oci.image.manifest.v1+json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(ArchiveLayout.DigestOf(bytes), answer.Headers.GetValues("Docker-Content-Digest").Single());
        Assert.Equal(TestArchives.ConfigDigest, manifest.RootElement.GetProperty("config").GetProperty("digest").GetString());
        var layer = manifest.RootElement.GetProperty("layers")[0].GetProperty("digest").GetString();
        Assert.Equal(TestArchives.LayerDigest, layer);
        Assert.Equal(TestArchives.Layer, await client.GetStringAsync($"{repository}/blobs/{layer}"));
        using var head = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"{repository}/blobs/{layer}"));
        Assert.Equal(TestArchives.Layer.Length, head.Content.Headers.ContentLength);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"{repository}/blobs/sha256:{new string('0', 64)}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"{repository}/blobs/sha256:..%2F..%2Fetc")).StatusCode);
    }

    [Fact]
    public async Task Of_several_platforms_each_manifest_is_served_as_one()
    {
        await using var image = await BaseImage.OfAsync(TestArchives.OciOfTwoPlatforms(_folder, "base.tar", "base:1"), ImagePlatform.Parse(["linux/amd64,linux/arm64"]), _folder.Path, CancellationToken.None);

        await AssertIndexAsync(image.Reference);
    }

    [Fact]
    public async Task Archives_of_single_platforms_are_served_as_one_image()
    {
        var amd64 = TestArchives.Oci(_folder, "amd64.tar", "base:1");
        var arm64 = TestArchives.DockerOf("arm64", _folder, "arm64.tar", "base:1");
        await using var image = await BaseImage.ServeAsync([amd64, arm64], ImagePlatform.Parse(["linux/amd64,linux/arm64"]), CancellationToken.None);

        await AssertIndexAsync(image.Reference);
    }

    [Fact]
    public async Task An_archive_of_another_platform_is_no_base()
    {
        var file = TestArchives.Oci(_folder, "base.tar", "base:1");

        var refused = await Assert.ThrowsAsync<CliException>(() => BaseImage.OfAsync(file, ImagePlatform.Parse(["linux/amd64,linux/arm64"]), _folder.Path, CancellationToken.None));

        Assert.Equal($"'{file}' is for linux/amd64, not for linux/arm64.", refused.Message);
    }

    private static async Task AssertIndexAsync(string reference)
    {
        var parts = reference.Split('/', ':');
        using var client = new HttpClient { BaseAddress = new Uri($"http://{parts[0]}:{parts[1]}/v2/{parts[2]}/manifests/") };
        using var index = JsonDocument.Parse(await client.GetStringAsync(parts[3]));
        var entries = index.RootElement.GetProperty("manifests").EnumerateArray().ToList();
        Assert.Equal(["amd64", "arm64"], entries.Select(static entry => entry.GetProperty("platform").GetProperty("architecture").GetString()));
        foreach (var entry in entries)
        {
            var answer = await client.GetAsync($"./{entry.GetProperty("digest").GetString()}");
            Assert.Equal(entry.GetProperty("mediaType").GetString(), answer.Content.Headers.ContentType!.MediaType);
            Assert.Equal(entry.GetProperty("size").GetInt64(), answer.Content.Headers.ContentLength);
        }
    }

    [Fact]
    public async Task An_archive_that_is_made_ready_for_a_node_keeps_the_image_bit_for_bit()
    {
        var file = TestArchives.OciOfSdk(_folder, "rag-api.tar", "docker.io/library/rag-api:0.1.0");
        var before = await ImageArchive.ReadAsync(file, CancellationToken.None);

        await ImageArchive.PrepareAsync(file, ImageReference.Parse("registry.example.com/rag/rag-api:0.1.0"), CancellationToken.None);

        var after = await ImageArchive.ReadAsync(file, CancellationToken.None);
        Assert.Equal(before.Images[0].Digest, after.Images[0].Digest);
        Assert.All(after.Images[0].Names, static name => Assert.Equal("registry.example.com/rag/rag-api:0.1.0", name));
        Assert.Equal(2, after.Images[0].Names.Count);
        Assert.True(after.Images[0].IsOfSdk);
        // containerd takes a platform that says nothing for another one than the node's.
        Assert.Equal((true, false), (before.Images[0].HasNoPlatform, after.Images[0].HasNoPlatform));
        var layout = await ArchiveLayout.UnpackAsync(after, Directory.CreateDirectory(Path.Combine(_folder.Path, "unpacked")).FullName, CancellationToken.None);
        Assert.Equal(after.Images[0].Digest, layout.Digest);
        Assert.Equal(TestArchives.Layer, await File.ReadAllTextAsync(layout.Blob(TestArchives.LayerDigest)!));
        Assert.Equal([file], Directory.EnumerateFiles(_folder.Path));
    }

    [Fact]
    public async Task What_has_no_names_to_be_changed_is_not_renamed()
    {
        var file = TestArchives.Docker(_folder, "docker.tar", "redis:8");

        var refused = await Assert.ThrowsAsync<CliException>(() => ImageArchive.PrepareAsync(file, ImageReference.Parse("other:1"), CancellationToken.None));

        Assert.Contains("is no OCI archive of one image", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Config")]
    [InlineData("Layers")]
    [InlineData("index")]
    public async Task A_path_that_leads_out_of_the_archive_is_refused(string where)
    {
        // What lies beside the folder is there to be read.
        var secret = _folder.File("secret", "of this machine");
        var (config, layer) = (where == "Config" ? secret : "config.json", where == "Layers" ? "../secret" : "layer.tar");
        var file = where == "index"
            ? Archive(("index.json", """{"manifests":[{"mediaType":"m","digest":"sha256:../../../secret"}]}"""))
            : Archive(("manifest.json", $$"""[{"Config":"{{config}}","RepoTags":["a:1"],"Layers":["{{layer}}"]}]"""), ("config.json", "{}"), ("layer.tar", "a layer"));
        var place = Directory.CreateDirectory(Path.Combine(_folder.Path, "unpacked")).FullName;

        var refused = await Assert.ThrowsAsync<CliException>(async () => await ArchiveLayout.UnpackAsync(await ImageArchive.ReadAsync(file, CancellationToken.None), place, CancellationToken.None));

        Assert.Contains("which is not in it", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.EnumerateFiles(place, "*", SearchOption.AllDirectories), static one => File.ReadAllText(one) == "of this machine");
    }

    private string Archive(params (string Name, string Content)[] entries)
    {
        var path = Path.Combine(_folder.Path, "made.tar");
        using var tar = new System.Formats.Tar.TarWriter(File.Create(path));
        foreach (var (name, content) in entries)
        {
            tar.WriteEntry(new System.Formats.Tar.PaxTarEntry(System.Formats.Tar.TarEntryType.RegularFile, name) { DataStream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)) });
        }

        return path;
    }
}
