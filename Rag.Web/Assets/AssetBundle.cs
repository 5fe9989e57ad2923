using System.Collections.Frozen;
using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;

namespace Rag.Web.Assets;

/// <summary>
/// The styles, scripts and images that are embedded in this assembly. One fingerprint over all of them stands in their path, so that a
/// module's relative imports are fingerprinted too and need no import map, which the Content-Security-Policy would have to allow inline.
/// </summary>
public sealed class AssetBundle
{
    private const string Prefix = "asset/";

    private static readonly FrozenDictionary<string, string> ContentTypes = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml; charset=utf-8",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly FrozenDictionary<string, Asset> _assets;

    private AssetBundle(FrozenDictionary<string, Asset> assets, string fingerprint)
    {
        _assets = assets;
        Fingerprint = fingerprint;
    }

    /// <summary>Changes when any asset changes.</summary>
    public string Fingerprint { get; }

    /// <summary>Names of all assets, for tests.</summary>
    public IEnumerable<string> Names => _assets.Keys;

    public static AssetBundle Load(Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        var assets = new SortedDictionary<string, Asset>(StringComparer.Ordinal);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var resource in assembly.GetManifestResourceNames().Order(StringComparer.Ordinal))
        {
            if (!resource.StartsWith(Prefix, StringComparison.Ordinal))
            {
                continue;
            }

            var name = resource[Prefix.Length..].Replace('\\', '/');
            using var stream = assembly.GetManifestResourceStream(resource)!;
            using var buffer = new MemoryStream();
            stream.CopyTo(buffer);
            var content = buffer.ToArray();
            hash.AppendData(content);
            assets.Add(name, new Asset(ContentTypes[Path.GetExtension(name)], content, Compress(content)));
        }

        return new AssetBundle(assets.ToFrozenDictionary(StringComparer.Ordinal), Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 6)));
    }

    public Asset? Find(string name) => _assets.GetValueOrDefault(name);

    /// <summary>The path of an asset; throws for one that is not there, so that a misspelt name fails at the first rendering.</summary>
    public string PathTo(string name) =>
        _assets.ContainsKey(name) ? $"/assets/{Fingerprint}/{name}" : throw new InvalidOperationException($"There is no asset '{name}'.");

    private static byte[] Compress(byte[] content)
    {
        using var buffer = new MemoryStream();
        using (var brotli = new BrotliStream(buffer, CompressionLevel.Optimal))
        {
            brotli.Write(content);
        }

        return buffer.ToArray();
    }
}

// Brotli: the same bytes, compressed once at start.
public sealed record Asset(string ContentType, byte[] Content, byte[] Brotli);
