using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.Json;
using Rag.Deploy.Planning;

namespace Rag.Cli.Deployment.Images;

/// <summary>One image in an archive.</summary>
/// <param name="Names">What it is called in it, as written there; may be none.</param>
/// <param name="Digest">Of its manifest (OCI), or of its configuration where the archive has no manifest (Docker).</param>
internal sealed record ArchivedImage(IReadOnlyList<string> Names, string Digest);

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

    private static async Task<ImageArchive> ScanAsync(string file, CancellationToken cancellationToken)
    {
        byte[]? index = null;
        byte[]? manifest = null;
        var configurations = new Dictionary<string, string>(StringComparer.Ordinal);
        await using var input = System.IO.File.OpenRead(file);
        await using var tar = new TarReader(input);
        while (await tar.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
        {
            var name = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
            if (name is OciIndex or DockerManifest && entry.DataStream is { } small && entry.Length <= LargestIndex)
            {
                await using var text = new MemoryStream();
                await small.CopyToAsync(text, cancellationToken);
                (index, manifest) = name == OciIndex ? (text.ToArray(), manifest) : (index, text.ToArray());
            }
            else if (name.EndsWith(".json", StringComparison.Ordinal) && entry.DataStream is { } configuration && entry.Length <= LargestIndex)
            {
                configurations[name] = $"sha256:{Convert.ToHexStringLower(await SHA256.HashDataAsync(configuration, cancellationToken))}";
            }
        }

        // Newer versions of docker write both: the manifests of the OCI layout are what registries know.
        if (index is not null)
        {
            return new ImageArchive(file, ArchiveFormat.Oci, OciImages(index, manifest));
        }

        return manifest is null
            ? throw new InvalidDataException("it has neither index.json nor manifest.json.")
            : new ImageArchive(file, ArchiveFormat.Docker, DockerImages(manifest, configurations));
    }

    private static List<ArchivedImage> OciImages(byte[] index, byte[]? manifest)
    {
        using var document = JsonDocument.Parse(index);
        // .NET's and docker's archives give the names in manifest.json too; with one image they are that image's.
        var others = manifest is null ? [] : DockerImages(manifest, []).SelectMany(static image => image.Names).ToList();
        var entries = document.RootElement.GetProperty("manifests").EnumerateArray().ToList();
        return [.. entries.Select(entry => new ArchivedImage(
            [.. entry.TryGetProperty("annotations", out var annotations) ? annotations.EnumerateObject().Where(static one => one.Name is "io.containerd.image.name" or "org.opencontainers.image.ref.name").Select(static one => one.Value.GetString()!) : [],
             .. entries.Count == 1 ? others : []],
            entry.GetProperty("digest").GetString()!))];
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

    // podman writes whole names, skopeo what it was told, others the tag alone: that says nothing.
    private static bool Means(string name, ImageReference wanted) =>
        name.AsSpan().ContainsAny('/', ':') && ImageReference.Parse(name) is var known
        && (known.Name == wanted.Name || (known.Registry == "localhost" && wanted.Registry == "docker.io" && $"library/{known.Repository}" == wanted.Repository && known.Tag == wanted.Tag));
}
