namespace Rag.Testing.Mutations;

/// <summary>
/// Damage to a file as a line of bytes: bits flip, parts go missing, come twice, change places or come from another file, the end is
/// cut off, and the tokens and numbers that readers stumble over are put in. The same seed gives the same file.
/// </summary>
public static class ByteMutation
{
    private const int MostEdits = 8;

    /// <summary>Above this nothing is added any more: the length of a file is not what is tested here.</summary>
    private const int MostBytes = 2 * 1024 * 1024;

    private static readonly byte[][] Tokens =
    [
        "<"u8.ToArray(), "</"u8.ToArray(), "<table>"u8.ToArray(), "<!--"u8.ToArray(), "<![CDATA["u8.ToArray(), "<!DOCTYPE x [<!ENTITY a \"b\">]>"u8.ToArray(),
        "&#0;"u8.ToArray(), "&#xD800;"u8.ToArray(), "&"u8.ToArray(), "["u8.ToArray(), "]"u8.ToArray(), "{"u8.ToArray(), "}"u8.ToArray(), "("u8.ToArray(),
        ")"u8.ToArray(), "\\"u8.ToArray(), "\\ud800"u8.ToArray(), "\""u8.ToArray(), "\"\"\""u8.ToArray(), "\n\n"u8.ToArray(), "\r"u8.ToArray(), "\t"u8.ToArray(),
        "```"u8.ToArray(), "|"u8.ToArray(), ">"u8.ToArray(), "* "u8.ToArray(), "[^1]:"u8.ToArray(), "---\n"u8.ToArray(), "\0"u8.ToArray(), "\f"u8.ToArray(),
        [0xFF, 0xFE], [0xFE, 0xFF], [0xEF, 0xBB, 0xBF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC0, 0x80], [0xD8, 0x00], [0x00, 0xDC],
        "%PDF-1.7"u8.ToArray(), "endobj"u8.ToArray(), "stream\n"u8.ToArray(), "endstream"u8.ToArray(), "xref\n0 9\n"u8.ToArray(), "%%EOF"u8.ToArray(),
        "1 0 R"u8.ToArray(), "/Kids [2 0 R]"u8.ToArray(), "/Filter /FlateDecode"u8.ToArray(), "/Length 999999999"u8.ToArray(), "PK\x03\x04"u8.ToArray(),
        "PK\x01\x02"u8.ToArray(), "PK\x05\x06"u8.ToArray(),
    ];

    private static readonly string[] Numbers = ["0", "-1", "1e309", "2147483647", "2147483648", "4294967296", "9223372036854775808", "99999999999999999999", "0.0000001"];

    /// <summary>A damaged copy of <paramref name="original"/>, possibly with parts of <paramref name="other"/>.</summary>
    public static byte[] Apply(byte[] original, byte[] other, Random random)
    {
        ArgumentNullException.ThrowIfNull(original);
        ArgumentNullException.ThrowIfNull(other);
        ArgumentNullException.ThrowIfNull(random);
        var bytes = new List<byte>(original);
        for (var edits = random.Next(1, MostEdits + 1); edits > 0; edits--)
        {
            Edit(bytes, other, random);
        }

        return [.. bytes];
    }

    private static void Edit(List<byte> bytes, byte[] other, Random random)
    {
        var at = random.Next(bytes.Count + 1);
        var length = Math.Min(Length(random), bytes.Count - at);
        switch (random.Next(12))
        {
            case 0 or 1:
                for (var flips = random.Next(1, 9); flips > 0 && bytes.Count > 0; flips--)
                {
                    bytes[random.Next(bytes.Count)] ^= (byte)(1 << random.Next(8));
                }

                break;
            case 2:
                bytes.RemoveRange(at, length);
                break;
            case 3:
                Insert(bytes, random.Next(bytes.Count + 1), bytes.GetRange(at, length));
                break;
            case 4:
                var block = bytes.GetRange(at, length);
                for (var times = random.Next(2, 200); times > 0; times--)
                {
                    Insert(bytes, at, block);
                }

                break;
            case 5:
                var moved = bytes.GetRange(at, length);
                bytes.RemoveRange(at, length);
                Insert(bytes, random.Next(bytes.Count + 1), moved);
                break;
            case 6:
                var from = random.Next(other.Length + 1);
                Insert(bytes, at, other.AsSpan(from, Math.Min(Length(random), other.Length - from)).ToArray());
                break;
            case 7:
                var token = Tokens[random.Next(Tokens.Length)];
                for (var times = random.Next(4) == 0 ? random.Next(1, 300) : 1; times > 0; times--)
                {
                    Insert(bytes, at, token);
                }

                break;
            case 8:
                ReplaceNumber(bytes, at, random);
                break;
            case 9:
                for (var i = at; i < at + length; i++)
                {
                    bytes[i] = (byte)random.Next(256);
                }

                break;
            case 10 when random.Next(3) == 0:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 11 when random.Next(3) == 0:
                // The head of one file and the tail of another.
                bytes.RemoveRange(at, bytes.Count - at);
                Insert(bytes, at, other[random.Next(other.Length + 1)..]);
                break;
        }
    }

    /// <summary>The next number in the file becomes one that readers are not prepared for.</summary>
    private static void ReplaceNumber(List<byte> bytes, int at, Random random)
    {
        var start = bytes.FindIndex(at, static b => b is >= (byte)'0' and <= (byte)'9');
        if (start < 0)
        {
            return;
        }

        var end = start;
        while (end < bytes.Count && bytes[end] is >= (byte)'0' and <= (byte)'9')
        {
            end++;
        }

        bytes.RemoveRange(start, end - start);
        Insert(bytes, start, System.Text.Encoding.ASCII.GetBytes(Numbers[random.Next(Numbers.Length)]));
    }

    private static void Insert(List<byte> bytes, int at, IReadOnlyCollection<byte> inserted)
    {
        if (bytes.Count + inserted.Count <= MostBytes)
        {
            bytes.InsertRange(at, inserted);
        }
    }

    // Mostly a few bytes, at times a good part of a small file.
    private static int Length(Random random) => random.Next(5) == 0 ? random.Next(1, 4096) : random.Next(1, 32);
}
