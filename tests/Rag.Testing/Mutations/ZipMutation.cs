using System.Buffers.Binary;
using System.IO.Compression;

namespace Rag.Testing.Mutations;

/// <summary>
/// Damage to a packed file that leaves the packing whole, so that it reaches what reads the parts: a part is changed before it is packed
/// again, is missing, comes twice, has another's name or content, or the directory lies about it.
/// </summary>
public static class ZipMutation
{
    private const int CentralEntrySignature = 0x02014B50;

    // The time of packing would make every run's files other ones.
    private static readonly DateTimeOffset Packed = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly string[] Names =
        ["word/document.xml", "word/styles.xml", "word/_rels/document.xml.rels", "_rels/.rels", "../../etc/passwd", "WORD/DOCUMENT.XML", "word\\document.xml", "/"];

    /// <summary>A damaged copy of <paramref name="original"/>, possibly with parts of <paramref name="other"/>; both must be archives.</summary>
    public static byte[] Apply(byte[] original, byte[] other, Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        var parts = Unpack(original);
        for (var edits = random.Next(1, 4); edits > 0 && parts.Count > 0; edits--)
        {
            var at = random.Next(parts.Count);
            var (name, content) = parts[at];
            switch (random.Next(10))
            {
                case <= 3:
                    parts[at] = (name, XmlMutation.Apply(content, random));
                    break;
                case <= 5:
                    var foreign = Unpack(other);
                    var same = foreign.FindIndex(part => part.Name == name);
                    parts[at] = (name, ByteMutation.Apply(content, same < 0 ? content : foreign[same].Content, random));
                    break;
                case 6:
                    parts.RemoveAt(at);
                    break;
                case 7:
                    parts.Add((name, parts[random.Next(parts.Count)].Content));
                    break;
                case 8:
                    parts[at] = (Names[random.Next(Names.Length)], content);
                    break;
                case 9:
                    parts[at] = (name, Repeated(content, random));
                    break;
            }
        }

        var packed = Pack(parts);
        if (random.Next(6) == 0)
        {
            Lie(packed, random);
        }

        return packed;
    }

    /// <summary>The same parts, packed so that the same parts are the same bytes at any time.</summary>
    public static byte[] Repack(byte[] original) => Pack(Unpack(original));

    private static List<(string Name, byte[] Content)> Unpack(byte[] file)
    {
        ArgumentNullException.ThrowIfNull(file);
        using var archive = new ZipArchive(new MemoryStream(file), ZipArchiveMode.Read);
        var parts = new List<(string, byte[])>();
        foreach (var entry in archive.Entries)
        {
            using var content = entry.Open();
            using var copy = new MemoryStream();
            content.CopyTo(copy);
            parts.Add((entry.FullName, copy.ToArray()));
        }

        return parts;
    }

    private static byte[] Pack(List<(string Name, byte[] Content)> parts)
    {
        using var file = new MemoryStream();
        using (var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in parts)
            {
                var entry = archive.CreateEntry(name, CompressionLevel.Fastest);
                entry.LastWriteTime = Packed;
                using var stream = entry.Open();
                stream.Write(content);
            }
        }

        return file.ToArray();
    }

    /// <summary>An element of the part many times inside itself or beside itself, as a file does that wants to exhaust its reader.</summary>
    private static byte[] Repeated(byte[] content, Random random)
    {
        var start = Array.IndexOf(content, (byte)'<', random.Next(content.Length + 1));
        var end = start < 0 ? -1 : Array.IndexOf(content, (byte)'>', start);
        if (end < 0)
        {
            return content;
        }

        var element = content[start..(end + 1)];
        var times = random.Next(2, 3000);
        return [.. content[..start], .. Enumerable.Repeat(element, times).SelectMany(static bytes => bytes), .. content[start..]];
    }

    /// <summary>Method, checksum, sizes or offset of some entry in the central directory (APPNOTE 4.3.12) become other ones.</summary>
    private static void Lie(byte[] file, Random random)
    {
        int[] fields = [10, 16, 20, 24, 28, 42];
        for (var i = 0; i + 46 <= file.Length; i++)
        {
            if (BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(i)) == CentralEntrySignature && random.Next(3) == 0)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(i + fields[random.Next(fields.Length)]), (ushort)random.Next(65536));
            }
        }
    }
}
