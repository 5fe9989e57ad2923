using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;

namespace Rag.Bench;

/// <summary>What an image weighs, in bytes.</summary>
/// <param name="Archive">The whole file.</param>
/// <param name="Base">Layers below ours, compressed as a node fetches them: one time, whatever stands on them.</param>
/// <param name="Own">The layer that the SDK made.</param>
/// <param name="OwnUnpacked">The same on the node's disk.</param>
internal sealed record ImageSize(long Archive, long Base, long Own, long OwnUnpacked)
{
    /// <summary>Of an OCI archive with one image of one platform.</summary>
    public static ImageSize Of(string file)
    {
        using var index = Document(file, "index.json");
        using var manifest = Document(file, Blob(index.RootElement.GetProperty("manifests")[0]));
        var layers = manifest.RootElement.GetProperty("layers").EnumerateArray().ToList();
        var sizes = layers.ConvertAll(static layer => layer.GetProperty("size").GetInt64());
        using var own = new MemoryStream(Read(file, Blob(layers[^1])));
        using var unpacked = new GZipStream(own, CompressionMode.Decompress);
        var bytes = 0L;
        using var tar = new TarReader(unpacked);
        while (tar.GetNextEntry() is { } entry)
        {
            bytes += entry.Length;
        }

        return new ImageSize(new FileInfo(file).Length, sizes.SkipLast(1).Sum(), sizes[^1], bytes);
    }

    private static string Blob(JsonElement described) => $"blobs/{described.GetProperty("digest").GetString()!.Replace(':', '/')}";

    private static JsonDocument Document(string file, string name) => JsonDocument.Parse(Read(file, name));

    private static byte[] Read(string file, string name)
    {
        using var tar = new TarReader(File.OpenRead(file));
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.Name.TrimStart('.', '/') == name)
            {
                using var content = new MemoryStream();
                entry.DataStream!.CopyTo(content);
                return content.ToArray();
            }
        }

        throw new InvalidDataException($"'{file}' has no {name}: 'rag images' writes such archives, of one platform.");
    }
}
