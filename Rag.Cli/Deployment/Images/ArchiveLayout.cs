using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Rag.Cli.Deployment.Images;

/// <summary>An archive unpacked into a folder of blobs by digest, with the manifest of its one image: what a registry would serve.</summary>
/// <param name="Folder">Where the blobs are.</param>
/// <param name="Manifest">Bytes of the manifest, or of the index of several.</param>
/// <param name="MediaType">Of it.</param>
internal sealed record ArchiveLayout(string Folder, byte[] Manifest, string MediaType)
{
    private const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    private const string OciIndex = "application/vnd.oci.image.index.v1+json";

    public string Digest => DigestOf(Manifest);

    public static string DigestOf(ReadOnlySpan<byte> bytes) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";

    /// <summary>The file of a blob; null where there is none of that digest.</summary>
    public string? Blob(string digest) => digest.Split(':') is ["sha256", var hex] && hex.All(char.IsAsciiHexDigitLower) && Path.Combine(Folder, "blobs", "sha256", hex) is var file && File.Exists(file) ? file : null;

    /// <summary>What a blob is, where the index says so.</summary>
    public string MediaTypeOf(string digest)
    {
        using var manifest = JsonDocument.Parse(Manifest);
        return Entries(manifest).FirstOrDefault(entry => entry.GetProperty("digest").GetString() == digest) is { ValueKind: JsonValueKind.Object } known
            ? known.GetProperty("mediaType").GetString()!
            : "application/octet-stream";
    }

    /// <summary>What it runs on, such as <c>linux/arm64</c>.</summary>
    public IReadOnlyList<string> Platforms()
    {
        using var manifest = JsonDocument.Parse(Manifest);
        return manifest.RootElement.TryGetProperty("config", out var config)
            ? [PlatformOf(config.GetProperty("digest").GetString()!)]
            : [.. Entries(manifest).Where(static entry => entry.TryGetProperty("platform", out _)).Select(static entry => Platform(entry.GetProperty("platform")))];
    }

    /// <summary>One image of those of single platforms that were unpacked into the same folder.</summary>
    public static ArchiveLayout Join(IReadOnlyList<ArchiveLayout> parts)
    {
        var entries = new JsonArray();
        foreach (var part in parts)
        {
            File.WriteAllBytes(Path.Combine(part.Folder, "blobs", "sha256", part.Digest.Split(':')[1]), part.Manifest);
            var platform = part.Platforms()[0].Split('/');
            entries.Add(new JsonObject
            {
                ["mediaType"] = part.MediaType,
                ["digest"] = part.Digest,
                ["size"] = part.Manifest.Length,
                ["platform"] = new JsonObject { ["architecture"] = platform[1], ["os"] = platform[0] },
            });
        }

        var index = new JsonObject { ["schemaVersion"] = 2, ["mediaType"] = OciIndex, ["manifests"] = entries };
        return new ArchiveLayout(parts[0].Folder, JsonSerializer.SerializeToUtf8Bytes(index), OciIndex);
    }

    /// <summary>Unpacks it.</summary>
    /// <exception cref="CliException">It holds another number of images than one.</exception>
    public static async Task<ArchiveLayout> UnpackAsync(ImageArchive archive, string folder, CancellationToken cancellationToken)
    {
        if (archive.Images.Count != 1)
        {
            throw new CliException($"'{archive.File}' holds {archive.Images.Count} images; one is expected.", "Save the one image alone.", ExitCode.Usage);
        }

        // Over another one in the same folder: what several name alike are blobs of the same content, or read here at once.
        await TarFile.ExtractToDirectoryAsync(archive.File, folder, overwriteFiles: true, cancellationToken);
        if (archive.Format == ArchiveFormat.Oci)
        {
            using var index = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(folder, ImageArchive.OciIndex), cancellationToken));
            var entry = index.RootElement.GetProperty("manifests")[0];
            var manifest = Inside(folder, Path.Combine("blobs", entry.GetProperty("digest").GetString()!.Replace(':', '/')));
            return new ArchiveLayout(folder, await File.ReadAllBytesAsync(manifest, cancellationToken), entry.GetProperty("mediaType").GetString()!);
        }

        return await ConvertAsync(folder, cancellationToken);
    }

    private static JsonElement.ArrayEnumerator Entries(JsonDocument manifest) => manifest.RootElement.TryGetProperty("manifests", out var entries) ? entries.EnumerateArray() : default;

    private string PlatformOf(string config)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Blob(config)!));
        return Platform(document.RootElement);
    }

    private static string Platform(JsonElement described) => $"{described.GetProperty("os").GetString()}/{described.GetProperty("architecture").GetString()}";

    // Docker's layout has no manifest as registries have it: this makes one of the same configuration and layers.
    private static async Task<ArchiveLayout> ConvertAsync(string folder, CancellationToken cancellationToken)
    {
        using var described = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(folder, ImageArchive.DockerManifest), cancellationToken));
        var image = described.RootElement[0];
        Directory.CreateDirectory(Path.Combine(folder, "blobs", "sha256"));
        var layers = new JsonArray();
        foreach (var layer in image.GetProperty("Layers").EnumerateArray())
        {
            layers.Add(await AdoptAsync(folder, layer.GetString()!, "application/vnd.oci.image.layer.v1.tar", cancellationToken));
        }

        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = OciManifest,
            ["config"] = await AdoptAsync(folder, image.GetProperty("Config").GetString()!, "application/vnd.oci.image.config.v1+json", cancellationToken),
            ["layers"] = layers,
        };
        return new ArchiveLayout(folder, JsonSerializer.SerializeToUtf8Bytes(manifest), OciManifest);
    }

    /// <summary>The file that an archive names. It is somebody's text: a path that leads out of the folder would put a file of this machine into an image.</summary>
    /// <exception cref="CliException">It leads out, or there is none.</exception>
    private static string Inside(string folder, string name)
    {
        var file = Path.GetFullPath(name, folder);
        // A layer that several images share may be a link to its place in another's folder.
        var target = File.Exists(file) ? File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file : null;
        return target is not null && IsIn(folder, file) && IsIn(folder, target)
            ? target
            : throw new CliException($"The archive names {JsonSerializer.Serialize(name)}, which is not in it.", "It is damaged, or made to read files of this machine: save the image anew.", ExitCode.Usage);
    }

    private static bool IsIn(string folder, string file) => file.StartsWith(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static async Task<JsonObject> AdoptAsync(string folder, string name, string mediaType, CancellationToken cancellationToken)
    {
        var file = Inside(folder, name);
        string hex;
        await using (var content = File.OpenRead(file))
        {
            hex = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken));
        }

        var blob = Path.Combine(folder, "blobs", "sha256", hex);
        if (!File.Exists(blob))
        {
            File.Copy(file, blob);
        }

        return new JsonObject { ["mediaType"] = mediaType, ["digest"] = $"sha256:{hex}", ["size"] = new FileInfo(blob).Length };
    }
}
