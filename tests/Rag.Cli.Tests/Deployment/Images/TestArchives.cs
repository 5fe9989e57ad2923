using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Rag.Cli.Tests.Deployment.Images;

/// <summary>Small archives of one image, in the layouts of docker and OCI.</summary>
internal static class TestArchives
{
    public const string Layer = "a layer";
    private const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    private const string OciIndex = "application/vnd.oci.image.index.v1+json";
    private static readonly string Config = ConfigOf("amd64");

    public static string Oci(TemporaryFolder folder, string file, string name)
    {
        var manifest = ManifestOf(Config);
        return Write(folder, file, ("oci-layout", Layout), ("index.json", IndexOf(OciManifest, manifest, name)), Blob(manifest), Blob(Config), Blob(Layer));
    }

    /// <summary>One image of two platforms, as skopeo writes it: an index in the index.</summary>
    public static string OciOfTwoPlatforms(TemporaryFolder folder, string file, string name)
    {
        var configs = new[] { Config, ConfigOf("arm64") };
        var manifests = configs.Select(ManifestOf).ToArray();
        var index = JsonSerializer.Serialize(new
        {
            schemaVersion = 2,
            mediaType = OciIndex,
            manifests = manifests.Zip(["amd64", "arm64"], static (manifest, architecture) => new { mediaType = OciManifest, digest = $"sha256:{Hex(manifest)}", size = manifest.Length, platform = new { architecture, os = "linux" } }),
        });
        return Write(folder, file, [("oci-layout", Layout), ("index.json", IndexOf(OciIndex, index, name)), Blob(index), .. manifests.Select(Blob), .. configs.Select(Blob), Blob(Layer)]);
    }

    public static string Docker(TemporaryFolder folder, string file, params string[] names) => DockerOf("amd64", folder, file, names);

    public static string DockerOf(string architecture, TemporaryFolder folder, string file, params string[] names)
    {
        var config = ConfigOf(architecture);
        var manifest = JsonSerializer.Serialize(names.Select(name => new { Config = $"{Hex(config)}.json", RepoTags = new[] { name }, Layers = new[] { $"{Hex(Layer)}/layer.tar" } }));
        return Write(folder, file, ("manifest.json", manifest), ($"{Hex(config)}.json", config), ($"{Hex(Layer)}/layer.tar", Layer));
    }

    /// <summary>As the SDK writes it: with its label, the tag alone as one name, a platform that says nothing, and under a folder of its own where the file has one.</summary>
    public static string OciOfSdk(TemporaryFolder folder, string file, string name) => OciOfSdk(folder, file, name, "amd64", Layer);

    /// <summary>The same with a layer that a node can unpack, for its own platform.</summary>
    public static string RunnableOfSdk(TemporaryFolder folder, string file, string name)
    {
        using var content = new MemoryStream();
        using (var tar = new TarWriter(content, TarEntryFormat.Ustar, leaveOpen: true))
        {
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "hello") { DataStream = new MemoryStream("hello"u8.ToArray()) });
        }

        return OciOfSdk(folder, file, name, System.Runtime.InteropServices.RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64", Encoding.ASCII.GetString(content.ToArray()));
    }

    private static string OciOfSdk(TemporaryFolder folder, string file, string name, string architecture, string layer)
    {
        var ofSdk = $$$"""{"architecture":"{{{architecture}}}","os":"linux","config":{"User":"10001","Labels":{"net.dot.sdk.version":"10.0.401"}},"rootfs":{"type":"layers","diff_ids":["sha256:{{{Hex(layer)}}}"]}}""";
        var manifest = JsonSerializer.Serialize(new
        {
            schemaVersion = 2,
            mediaType = "application/vnd.oci.image.manifest.v1+json",
            config = Descriptor("application/vnd.oci.image.config.v1+json", ofSdk),
            layers = new[] { Descriptor("application/vnd.oci.image.layer.v1.tar", layer) },
        });
        var names = new Dictionary<string, string> { ["io.containerd.image.name"] = name, ["org.opencontainers.image.ref.name"] = name.Split(':')[^1] };
        var index = JsonSerializer.Serialize(new
        {
            schemaVersion = 2,
            manifests = new[] { new { mediaType = "application/vnd.oci.image.manifest.v1+json", digest = $"sha256:{Hex(manifest)}", size = manifest.Length, platform = new { }, annotations = names } },
        });
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder.Path, file))!);
        return Write(folder, file, ($"blobs/sha256/{Hex(layer)}", layer), ($"blobs/sha256/{Hex(ofSdk)}", ofSdk), ($"blobs/sha256/{Hex(manifest)}", manifest), ("index.json", index), ("oci-layout", """{"imageLayoutVersion":"1.0.0"}"""));
    }

    public static string ConfigDigest => $"sha256:{Hex(Config)}";

    public static string LayerDigest => $"sha256:{Hex(Layer)}";

    private const string Layout = """{"imageLayoutVersion":"1.0.0"}""";

    private static string ConfigOf(string architecture) =>
        $$$"""{"architecture":"{{{architecture}}}","os":"linux","config":{"User":"10001"},"rootfs":{"type":"layers","diff_ids":["sha256:{{{Hex(Layer)}}}"]}}""";

    private static string ManifestOf(string config) => JsonSerializer.Serialize(new
    {
        schemaVersion = 2,
        mediaType = OciManifest,
        config = Descriptor("application/vnd.oci.image.config.v1+json", config),
        layers = new[] { Descriptor("application/vnd.oci.image.layer.v1.tar", Layer) },
    });

    private static string IndexOf(string mediaType, string content, string name) => JsonSerializer.Serialize(new
    {
        schemaVersion = 2,
        manifests = new[] { new { mediaType, digest = $"sha256:{Hex(content)}", size = content.Length, annotations = new Dictionary<string, string> { ["org.opencontainers.image.ref.name"] = name } } },
    });

    private static (string Name, string Content) Blob(string content) => ($"blobs/sha256/{Hex(content)}", content);

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
