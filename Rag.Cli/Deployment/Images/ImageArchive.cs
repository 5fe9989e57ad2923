using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Rag.Deploy.Planning;

namespace Rag.Cli.Deployment.Images;

/// <summary>One image in an archive.</summary>
/// <param name="Names">What it is called in it, as written there; may be none.</param>
/// <param name="Digest">Of its manifest (OCI), or of its configuration where the archive has no manifest (Docker).</param>
/// <param name="IsOfSdk">Whether the .NET SDK made it, as <c>rag images</c> has it do: its label says so.</param>
/// <param name="HasNoPlatform">Whether the archive says for which platform it is, and then says none, as the SDK does of an image of one.</param>
internal sealed record ArchivedImage(IReadOnlyList<string> Names, string Digest, bool IsOfSdk = false, bool HasNoPlatform = false);

internal enum ArchiveFormat
{
    /// <summary>What <c>docker save</c> writes: <c>manifest.json</c> with configurations and layers.</summary>
    Docker,

    /// <summary>An OCI image layout in a tar file: <c>index.json</c> with manifests.</summary>
    Oci,
}

/// <summary>A tar file with images, as <c>docker save</c>, <c>podman save</c>, <c>skopeo copy</c> and <c>rag images</c> write them.</summary>
/// <param name="File">Its path.</param>
/// <param name="Format">Which of the two layouts.</param>
/// <param name="Images">What is in it.</param>
internal sealed record ImageArchive(string File, ArchiveFormat Format, IReadOnlyList<ArchivedImage> Images)
{
    public const string OciIndex = "index.json";
    public const string DockerManifest = "manifest.json";

    // By these the container runtimes and their tools call an image of an OCI layout.
    private const string ContainerdName = "io.containerd.image.name";
    private const string OciName = "org.opencontainers.image.ref.name";

    private const int LargestIndex = 4 << 20;

    /// <summary>How skopeo and podman name the format.</summary>
    public string Transport => Format == ArchiveFormat.Oci ? "oci-archive" : "docker-archive";

    /// <summary>Reads what is in it.</summary>
    /// <exception cref="CliException">It is not there, or no archive of images.</exception>
    public static async Task<ImageArchive> ReadAsync(string file, CancellationToken cancellationToken)
    {
        if (!System.IO.File.Exists(file))
        {
            throw new CliException($"There is no image archive '{file}'.", "'podman save --format oci-archive -o FILE IMAGE' or 'docker save -o FILE IMAGE' writes one.", ExitCode.Usage);
        }

        try
        {
            return await ScanAsync(file, cancellationToken);
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException or JsonException or FormatException or KeyNotFoundException or InvalidOperationException)
        {
            throw new CliException($"'{file}' is no archive of images that can be read: {exception.Message}", "A tar file of 'docker save', 'podman save' or 'skopeo copy' is expected, not compressed.", ExitCode.Usage, exception);
        }
    }

    /// <summary>The image of a name; null where it has none of that name.</summary>
    public ArchivedImage? Find(ImageReference wanted) => Images.FirstOrDefault(image => image.Names.Any(name => Means(name, wanted)));

    /// <summary>
    /// The image of a project that <c>rag images</c> wrote: the SDK calls it <c>docker.io/library/NAME:TAG</c> whatever the registry is, so that the project's
    /// name and the tag have to do, in a file of that name. Somebody else's image of the same name is not taken for it.
    /// </summary>
    public ArchivedImage? FindProject(ImageReference wanted)
    {
        var project = LastPart(wanted.Repository);
        return Path.GetFileNameWithoutExtension(File) != project
            ? null
            : Images.FirstOrDefault(image => image.IsOfSdk && image.Names.Where(IsWhole).Select(ImageReference.Parse).Any(known => LastPart(known.Repository) == project && known.Tag == wanted.Tag));
    }

    /// <summary>
    /// Makes the one image of an OCI archive what a node can take: named in full, because runtimes that load the file (<c>ctr</c>, <c>kind load image-archive</c>) call
    /// it what the file says; and without a platform that is none, which containerd compares with its own and finds to be another ("image might be
    /// filtered out"). What the image consists of stays as it is, its digest too.
    /// </summary>
    /// <exception cref="CliException">It is no OCI archive of one image.</exception>
    public static async Task PrepareAsync(string file, ImageReference name, CancellationToken cancellationToken)
    {
        var archive = await ReadAsync(file, cancellationToken);
        if (archive is not { Format: ArchiveFormat.Oci, Images.Count: 1 })
        {
            throw new CliException($"'{file}' is no OCI archive of one image, and cannot be named.", "'skopeo copy docker-archive:FILE oci-archive:OTHER' makes one of it.", ExitCode.Usage);
        }

        var unfinished = $"{file}.{Guid.NewGuid():N}.unfinished";
        try
        {
            await using (var input = System.IO.File.OpenRead(file))
            await using (var from = new TarReader(input))
            await using (var output = new FileStream(unfinished, FileMode.CreateNew, FileAccess.Write))
            // As in a bundle: the successor of this format gets the number of the process written into it.
            await using (var to = new TarWriter(output, TarEntryFormat.Gnu))
            {
                while (await from.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
                {
                    var content = entry.DataStream;
                    if (content is not null && Plain(entry.Name) is OciIndex or DockerManifest)
                    {
                        var index = await JsonNode.ParseAsync(content, cancellationToken: cancellationToken);
                        Prepare(index!, name.Name);
                        content = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(index));
                    }

                    var type = entry.EntryType is TarEntryType.V7RegularFile ? TarEntryType.RegularFile : entry.EntryType;
                    await to.WriteEntryAsync(new GnuTarEntry(type, entry.Name) { DataStream = content, Mode = entry.Mode, ModificationTime = entry.ModificationTime }, cancellationToken);
                }
            }

            System.IO.File.Move(unfinished, file, overwrite: true);
        }
        finally
        {
            System.IO.File.Delete(unfinished);
        }
    }

    // {"manifests":[{"digest":"sha256:...","annotations":{...}}]} or [{"Config":"...","RepoTags":["..."]}]
    private static void Prepare(JsonNode index, string name)
    {
        if (index is JsonArray docker)
        {
            docker[0]!["RepoTags"] = new JsonArray(name);
            return;
        }

        var entry = index["manifests"]![0]!;
        var annotations = entry["annotations"] as JsonObject ?? [];
        annotations[ContainerdName] = name;
        annotations[OciName] = name;
        entry["annotations"] = annotations.DeepClone();
        if (entry["platform"] is JsonObject platform && IsNone(platform))
        {
            entry.AsObject().Remove("platform");
        }
    }

    private static bool IsNone(JsonObject platform) => string.IsNullOrEmpty(platform["architecture"]?.ToString());

    private static async Task<ImageArchive> ScanAsync(string file, CancellationToken cancellationToken)
    {
        byte[]? index = null;
        byte[]? manifest = null;
        var configurations = new Dictionary<string, string>(StringComparer.Ordinal);
        var descriptions = new ArchiveDescriptions();
        await using var input = System.IO.File.OpenRead(file);
        await using var tar = new TarReader(input);
        while (await tar.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
        {
            var name = Plain(entry.Name);
            if (name is OciIndex or DockerManifest && entry.DataStream is { } small && entry.Length <= LargestIndex)
            {
                var text = await BytesAsync(small, cancellationToken);
                (index, manifest) = name == OciIndex ? (text, manifest) : (index, text);
            }
            else if (entry.DataStream is { } blob && descriptions.Wants(name, entry.Length))
            {
                descriptions.Add(name, await BytesAsync(blob, cancellationToken));
            }
            else if (name.EndsWith(".json", StringComparison.Ordinal) && entry.DataStream is { } configuration && entry.Length <= LargestIndex)
            {
                configurations[name] = $"sha256:{Convert.ToHexStringLower(await SHA256.HashDataAsync(configuration, cancellationToken))}";
            }
        }

        // Newer versions of docker write both: the manifests of the OCI layout are what registries know.
        if (index is not null)
        {
            return new ImageArchive(file, ArchiveFormat.Oci, OciImages(index, manifest, descriptions));
        }

        return manifest is null
            ? throw new InvalidDataException("it has neither index.json nor manifest.json.")
            : new ImageArchive(file, ArchiveFormat.Docker, DockerImages(manifest, configurations));
    }

    private static List<ArchivedImage> OciImages(byte[] index, byte[]? manifest, ArchiveDescriptions descriptions)
    {
        using var document = JsonDocument.Parse(index);
        // .NET's and docker's archives give the names in manifest.json too; with one image they are that image's.
        var others = manifest is null ? [] : DockerImages(manifest, []).SelectMany(static image => image.Names).ToList();
        var entries = document.RootElement.GetProperty("manifests").EnumerateArray().ToList();
        return [.. entries.Select(entry => new ArchivedImage(
            [.. entry.TryGetProperty("annotations", out var annotations) ? annotations.EnumerateObject().Where(static one => one.Name is ContainerdName or OciName).Select(static one => one.Value.GetString()!) : [],
             .. entries.Count == 1 ? others : []],
            entry.GetProperty("digest").GetString()!,
            descriptions.IsOfSdk(entry.GetProperty("digest").GetString()!),
            entry.TryGetProperty("platform", out var platform) && JsonObject.Create(platform) is { } said && IsNone(said)))];
    }

    private static List<ArchivedImage> DockerImages(byte[] manifest, Dictionary<string, string> configurations)
    {
        using var document = JsonDocument.Parse(manifest);
        return [.. document.RootElement.EnumerateArray().Select(entry =>
        {
            var config = entry.GetProperty("Config").GetString()!;
            return new ArchivedImage(
                entry.TryGetProperty("RepoTags", out var tags) && tags.ValueKind == JsonValueKind.Array ? [.. tags.EnumerateArray().Select(static tag => tag.GetString()!)] : [],
                configurations.GetValueOrDefault(config) ?? $"sha256:{Path.GetFileNameWithoutExtension(config)}");
        })];
    }

    private static async Task<byte[]> BytesAsync(Stream content, CancellationToken cancellationToken)
    {
        await using var bytes = new MemoryStream();
        await content.CopyToAsync(bytes, cancellationToken);
        return bytes.ToArray();
    }

    private static string Plain(string entry) => entry.StartsWith("./", StringComparison.Ordinal) ? entry[2..] : entry;

    private static string LastPart(string repository) => repository[(repository.LastIndexOf('/') + 1)..];

    // podman writes whole names, skopeo what it was told, others the tag alone: that says nothing.
    private static bool IsWhole(string name) => name.AsSpan().ContainsAny('/', ':');

    private static bool Means(string name, ImageReference wanted) =>
        IsWhole(name) && ImageReference.Parse(name) is var known
        && (known.FullRepository == wanted.FullRepository || (known.Registry == "localhost" && wanted.Registry == "docker.io" && $"library/{known.Repository}" == wanted.Repository))
        // Where only a digest says which, the name is no more than a hint; the digest is compared with what is in the file.
        && (known.Tag == wanted.Tag || wanted.Tag is null || (known.Digest is not null && known.Digest == wanted.Digest));
}
