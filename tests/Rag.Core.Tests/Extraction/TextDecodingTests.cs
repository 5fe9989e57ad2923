using System.Text;
using Rag.Core.Extraction;

namespace Rag.Core.Tests.Extraction;

public sealed class TextDecodingTests
{
    private const string Sample = "Grüße aus Köln – 5 € für Äpfel.";

    public static TheoryData<string, byte[]> Encoded => new()
    {
        { "UTF-8", Encoding.UTF8.GetBytes(Sample) },
        { "UTF-8 with mark", [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Sample)] },
        { "UTF-16 LE with mark", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Sample)] },
        { "UTF-16 BE with mark", [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes(Sample)] },
        { "UTF-16 LE", Encoding.Unicode.GetBytes(Sample) },
        { "UTF-16 BE", Encoding.BigEndianUnicode.GetBytes(Sample) },
        { "UTF-32 with mark", [0xFF, 0xFE, 0, 0, .. Encoding.UTF32.GetBytes(Sample)] },
    };

    [Theory]
    [MemberData(nameof(Encoded))]
    public async Task Every_unicode_encoding_is_recognised_without_a_warning(string name, byte[] bytes)
    {
        var document = await Extracting.ExtractAsync(bytes, "a.txt");
        Assert.True(document.Text == Sample, name);
        Assert.Empty(document.Warnings);
    }

    [Fact]
    public async Task What_is_not_unicode_is_read_as_windows_1252_and_says_so()
    {
        var document = await Extracting.ExtractAsync(TextDecoder.Find("windows-1252")!.GetBytes(Sample), "a.txt");
        Assert.Equal(Sample, document.Text);
        Assert.Contains("Windows-1252", Assert.Single(document.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_declared_charset_is_believed_where_the_bytes_allow_it()
    {
        var cyrillic = TextDecoder.Find("windows-1251")!.GetBytes("Насос перекачивает воду.");
        Assert.Equal("Насос перекачивает воду.", (await Extracting.ExtractAsync(cyrillic, "a.txt", "text/plain; charset=windows-1251")).Text);
        Assert.Equal(Sample, (await Extracting.ExtractAsync(Encoding.UTF8.GetBytes(Sample), "a.txt", "text/plain; charset=iso-8859-1")).Text);
    }

    [Fact]
    public async Task One_damaged_byte_does_not_spoil_a_utf8_text()
    {
        byte[] bytes = [.. Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Sample, 20))), 0xC3, (byte)'.'];
        var document = await Extracting.ExtractAsync(bytes, "a.txt");
        Assert.EndsWith("Äpfel.\uFFFD.", document.Text, StringComparison.Ordinal);
        Assert.Contains("U+FFFD", Assert.Single(document.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Only_line_ends_nul_and_lone_surrogates_change()
    {
        // Not theory data: attributes are stored as UTF-8, which has no lone surrogates.
        Dictionary<string, string> cases = new()
        {
            ["a\r\nb\rc\nd"] = "a\nb\nc\nd",
            ["a\0b"] = "a\uFFFDb",
            ["a\uD83Db"] = "a\uFFFDb",
            ["a\uDE00"] = "a\uFFFD",
            ["\uD83D"] = "\uFFFD",
            ["\uD83D\uDE00"] = "\uD83D\uDE00",
            ["\uD83D\uD83D\uDE00"] = "\uFFFD\uD83D\uDE00",
            ["e\u0301\u00A0\t\uFEFFx"] = "e\u0301\u00A0\t\uFEFFx",
        };
        foreach (var (text, expected) in cases)
        {
            Assert.Equal(expected, TextNormalizer.Normalize(text));
            Assert.Equal(expected, TextNormalizer.Normalize(expected));
            Assert.Equal(text == expected, TextNormalizer.IsNormalized(text));
        }
    }

    [Fact]
    public async Task A_charset_that_the_runtime_refuses_is_no_hint()
    {
        Assert.Equal(Sample, (await Extracting.ExtractAsync(Encoding.UTF8.GetBytes(Sample), "a.txt", "text/plain; charset=utf-7")).Text);
        Assert.Equal("x", (await Extracting.ExtractAsync("<meta charset=utf-7><p>x", "a.html")).Text);
    }
}
