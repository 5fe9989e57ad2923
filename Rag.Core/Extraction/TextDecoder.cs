using System.Text;
using System.Text.Unicode;

namespace Rag.Core.Extraction;

/// <summary>What bytes say as text, and what a person should know about how they were read.</summary>
/// <param name="Text">The text without its byte order mark, not yet normalised.</param>
/// <param name="Warning">Null when the encoding was certain.</param>
internal readonly record struct DecodedText(string Text, string? Warning);

/// <summary>Finds the encoding of text: byte order mark, UTF-16 by its zero bytes, declaration, UTF-8 by validity, Windows-1252.</summary>
internal static class TextDecoder
{
    private const int SampleBytes = 64 * 1024;
    private const int Windows1252 = 1252;

    static TextDecoder() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    /// <param name="bytes">The whole file.</param>
    /// <param name="declaredCharset">From the media type or the document's own declaration; a hint that impossible bytes overrule.</param>
    public static DecodedText Decode(ReadOnlySpan<byte> bytes, string? declaredCharset = null)
    {
        if (FromByteOrderMark(bytes) is var (marked, length))
        {
            return new DecodedText(marked.GetString(bytes[length..]), null);
        }

        if (Utf16WithoutMark(bytes) is { } utf16)
        {
            return new DecodedText(utf16.GetString(bytes), null);
        }

        var isUtf8 = Utf8.IsValid(bytes);
        // Bytes beyond ASCII that happen to be valid UTF-8 are UTF-8, whatever is declared; pure ASCII may still be ISO-2022-JP.
        if (Find(declaredCharset) is { } declared && declared is not UTF8Encoding && (!isUtf8 || !bytes.ContainsAnyInRange((byte)0x80, (byte)0xFF)))
        {
            return new DecodedText(declared.GetString(bytes), null);
        }

        return isUtf8 ? new DecodedText(Encoding.UTF8.GetString(bytes), null) : DamagedOrLegacy(bytes);
    }

    /// <summary>The encoding of this name; null when there is none or the name is missing.</summary>
    public static Encoding? Find(string? name)
    {
        if (string.IsNullOrWhiteSpace(name))
        {
            return null;
        }

        try
        {
            return Encoding.GetEncoding(name.Trim().Trim('"', '\''));
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null; // a name nobody knows is no hint, nor is UTF-7, which the runtime knows and refuses
        }
    }

    /// <summary>UTF-16 by the side on which Latin text has its zero bytes; null when the bytes do not look like it.</summary>
    public static Encoding? Utf16WithoutMark(ReadOnlySpan<byte> bytes)
    {
        var sample = bytes[..(Math.Min(bytes.Length, SampleBytes) & ~1)];
        if (sample.Length < 4)
        {
            return null;
        }

        var even = 0;
        var odd = 0;
        for (var i = 0; i < sample.Length; i += 2)
        {
            even += sample[i] == 0 ? 1 : 0;
            odd += sample[i + 1] == 0 ? 1 : 0;
        }

        var pairs = sample.Length / 2;
        const double Many = 0.4; // even text with many names in other scripts keeps its spaces and line ends in ASCII, prose far more
        const double Few = 0.05;
        return (even, odd) switch
        {
            _ when odd > Many * pairs && even < Few * pairs => Encoding.Unicode,
            _ when even > Many * pairs && odd < Few * pairs => Encoding.BigEndianUnicode,
            _ => null,
        };
    }

    /// <summary>The encoding that a byte order mark names, and the mark's length.</summary>
    public static (Encoding Encoding, int Length)? FromByteOrderMark(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [0xEF, 0xBB, 0xBF, ..] => (Encoding.UTF8, 3),
        [0xFF, 0xFE, 0, 0, ..] => (Encoding.UTF32, 4),
        [0, 0, 0xFE, 0xFF, ..] => (new UTF32Encoding(bigEndian: true, byteOrderMark: true), 4),
        [0xFF, 0xFE, ..] => (Encoding.Unicode, 2),
        [0xFE, 0xFF, ..] => (Encoding.BigEndianUnicode, 2),
        _ => null,
    };

    private static DecodedText DamagedOrLegacy(ReadOnlySpan<byte> bytes)
    {
        // One bad byte in a long UTF-8 text must not turn every umlaut into two wrong letters.
        var (good, bad) = CountMultiByte(bytes);
        if (good > 0 && bad * 20 <= good)
        {
            return new DecodedText(
                Encoding.UTF8.GetString(bytes),
                $"{bad} places are not valid UTF-8 and were replaced by the character U+FFFD.");
        }

        return new DecodedText(
            Encoding.GetEncoding(Windows1252).GetString(bytes),
            "The text is not UTF-8 and was read as Windows-1252 (Latin-1). If letters look wrong, save it as UTF-8 and upload it again.");
    }

    private static (long Good, long Bad) CountMultiByte(ReadOnlySpan<byte> bytes)
    {
        long good = 0, bad = 0;
        while (bytes.IndexOfAnyInRange((byte)0x80, (byte)0xFF) is var at and >= 0)
        {
            bytes = bytes[at..];
            var status = Rune.DecodeFromUtf8(bytes, out _, out var consumed);
            if (status == System.Buffers.OperationStatus.Done)
            {
                good++;
            }
            else
            {
                bad++;
            }

            bytes = bytes[consumed..];
        }

        return (good, bad);
    }
}
