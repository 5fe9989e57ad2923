using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Rag.Cli.Tests.Deployment.Images;

/// <summary>Small archives of one image, in the layouts of docker and OCI.</summary>
internal static class TestArchives
{
    public const string Layer = "a layer";
    private const string Config = """{"architecture":"amd64","os":"linux","config":{"User":"10001"},"rootfs":{"type":"layers","diff_ids":[]}}""";

    public static string Oci(TemporaryFolder folder, string file, string name)
    {
        var manifest = JsonSerializer.Serialize(new
        {
            schemaVersion = 2,
            mediaType = "application/vnd.oci.image.manifest.v1+json",
            config = Descriptor("application/vnd.oci.image.config.v1+json", Config),
            layers = new[] { Descriptor("application/vnd.oci.image.layer.v1.tar", Layer) },
        });
        var index = JsonSerializer.Serialize(new
        {
            schemaVersion = 2,
            manifests = new[] { new { mediaType = "application/vnd.oci.image.manifest.v1+json", digest = $"sha256:{Hex(manifest)}", size = manifest.Length, annotations = new Dictionary<string, string> { ["org.opencontainers.image.ref.name"] = name } } },
        });
        return Write(folder, file, ("oci-layout", """{"imageLayoutVersion":"1.0.0"}"""), ("index.json", index), ($"blobs/sha256/{Hex(manifest)}", manifest), ($"blobs/sha256/{Hex(Config)}", Config), ($"blobs/sha256/{Hex(Layer)}", Layer));
    }

    public static string Docker(TemporaryFolder folder, string file, params string[] names)
    {
        var manifest = JsonSerializer.Serialize(names.Select(static name => new { Config = $"{Hex(Config)}.json", RepoTags = new[] { name }, Layers = new[] { $"{Hex(Layer)}/layer.tar" } }));
        return Write(folder, file, ("manifest.json", manifest), ($"{Hex(Config)}.json", Config), ($"{Hex(Layer)}/layer.tar", Layer));
    }

    /// <summary>As the SDK writes it: with its label, the tag alone as one name, and under a folder of its own where the file has one.</summary>
    public static string OciOfSdk(TemporaryFolder folder, string file, string name)
    {
        const string OfSdk = """{"architecture":"amd64","os":"linux","config":{"User":"10001","Labels":{"net.dot.sdk.version":"10.0.401"}},"rootfs":{"type":"layers","diff_ids":[]}}""";
        var manifest = JsonSerializer.Serialize(new
        {
            schemaVersion = 2,
            mediaType = "application/vnd.oci.image.manifest.v1+json",
            config = Descriptor("application/vnd.oci.image.config.v1+json", OfSdk),
            layers = new[] { Descriptor("application/vnd.oci.image.layer.v1.tar", Layer) },
        });
        var names = new Dictionary<string, string> { ["io.containerd.image.name"] = name, ["org.opencontainers.image.ref.name"] = name.Split(':')[^1] };
        var index = JsonSerializer.Serialize(new
        {
            schemaVersion = 2,
            manifests = new[] { new { mediaType = "application/vnd.oci.image.manifest.v1+json", digest = $"sha256:{Hex(manifest)}", size = manifest.Length, annotations = names } },
        });
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder.Path, file))!);
        return Write(folder, file, ($"blobs/sha256/{Hex(Layer)}", Layer), ($"blobs/sha256/{Hex(OfSdk)}", OfSdk), ($"blobs/sha256/{Hex(manifest)}", manifest), ("index.json", index), ("oci-layout", """{"imageLayoutVersion":"1.0.0"}"""));
    }

    public static string ConfigDigest => $"sha256:{Hex(Config)}";

    public static string LayerDigest => $"sha256:{Hex(Layer)}";

    private static object Descriptor(string mediaType, string content) => new { mediaType, digest = $"sha256:{Hex(content)}", size = content.Length };

    private static string Hex(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Write(TemporaryFolder folder, string file, params (string Name, string Content)[] entries)
    {
        var path = Path.Combine(folder.Path, file);
        using var tar = new TarWriter(File.Create(path));
        foreach (var (name, content) in entries)
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) });
        }

        return path;
    }
}
