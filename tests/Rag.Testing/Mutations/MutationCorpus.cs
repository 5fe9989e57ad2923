using System.Text;
using Rag.Testing.Samples;

namespace Rag.Testing.Mutations;

/// <summary>A format with the whole files out of which damaged ones are made.</summary>
/// <param name="Name">For the report, and to choose it on a command line.</param>
/// <param name="FileName">As it is uploaded.</param>
/// <param name="Originals">At least one.</param>
public sealed record MutatedFormat(string Name, string FileName, IReadOnlyList<byte[]> Originals)
{
    /// <summary>The damaged file of this number. The same seed and number give the same file everywhere.</summary>
    public byte[] File(int seed, int number)
    {
        // One generator for each file, so that a single one can be made again.
        var random = new Random(unchecked((seed * 1_000_003) + number));
        var original = Originals[random.Next(Originals.Count)];
        var other = Originals[random.Next(Originals.Count)];
        return FileName.EndsWith(".docx", StringComparison.Ordinal) && random.Next(4) > 0
            ? ZipMutation.Apply(original, other, random)
            : ByteMutation.Apply(original, other, random);
    }
}

/// <summary>The formats that are damaged: files that the tests write, and the repository's sample collection.</summary>
public static class MutationCorpus
{
    private const string Html = """
        <!DOCTYPE html><html><head><meta charset=utf-8><title>Pumps</title></head><body><h1>Pumps</h1><p>Water &amp; oil&#x1F600;<ul><li>one<li>two</ul>
        <ol start=3><li>three</ol><table><tr><th>Size<th>Weight<tr><td>2 m<td>9 t</table><pre>code</pre><svg><b>x</b></svg><p hidden>no<blockquote>said</body></html>
        """;

    private const string Markdown = """
        ---
        title: Pumps
        ---
        # Pumps

        - one
          1. two
             > deep

        > quote [^1] and *some* **more** `code` [link](http://example.com "t") ![i](x)

        | a | b |
        |---|---|
        | 1 | 2 |

        ```sh
        x
        ```

        - [ ] task

        <div>*y*</div>

        [^1]: note
        """;

    private const string Text = "Pumps move water.\r\n\r\nÄpfel 😀 日本 and a second paragraph\tthat goes on.\f- item\n- item\n";

    /// <summary>Every format that can be read.</summary>
    public static IReadOnlyList<MutatedFormat> Formats { get; } =
    [
        new("text", "a.txt", [Encoding.UTF8.GetBytes(Text), Encoding.Unicode.GetBytes(Text), Encoding.Latin1.GetBytes("Größe und Maß, fünf Öfen.\n"), .. Samples("*.txt")]),
        new("markdown", "a.md", [Encoding.UTF8.GetBytes(Markdown), .. Samples("*.md")]),
        new("html", "a.html", [Encoding.UTF8.GetBytes(Html), .. Samples("*.html")]),
        new("csv", "a.csv", ["a;b\r\n\"1\n2\";\"x\"\"y\"\r\n"u8.ToArray(), Table(','), Table('\t')]),
        new("tsv", "a.tsv", ["a\tb\n1\t2\n\"x\ty\"\t\n"u8.ToArray(), Table('\t')]),
        new("json", "a.json",
        [
            "{\"a\":[1,2,{\"b\":\"\\u00e4\\ud83d\\ude00\"}],\"c\":null}"u8.ToArray(),
            Encoding.UTF8.GetBytes("[" + string.Join(",\n", Enumerable.Range(0, 40).Select(static i => $"{{\"id\": {i}, \"name\": \"Pümp {i}\", \"tags\": [true, false, -1.5e3]}}")) + "]"),
        ]),
        new("docx", "a.docx",
        [.. ((byte[][])[
            new SampleDocx().Heading(1, "Pumps").Bullet("one").Numbered("two").Table(["a", "b"], ["c", "d"]).WithFootnote("x", "y").Styled("Zitat", "z").Monospaced("m").ToBytes(),
            new SampleDocx().Title("T").WithHidden("seen", "unseen", "gone", "new").Heading(2, "More").Paragraph("Water.").ToBytes(),
            .. Samples("*.docx"),
        ]).Select(ZipMutation.Repack)]),
        new("pdf", "a.pdf",
        [
            SamplePdf.Create(new SamplePdfOptions { Title = "Pumps" }, "# Pumps\n\nWater moves.\n• one", "More."),
            SamplePdf.Create(new SamplePdfOptions { Header = "ACME", PageNumbers = true }, "One mainte-\nnance.", "Two.", "Three.", "Four."),
            SamplePdf.CreateImageOnly(),
            .. Samples("*.pdf"),
        ]),
    ];

    private static IEnumerable<byte[]> Samples(string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, "samples"), pattern).Order(StringComparer.Ordinal).Select(File.ReadAllBytes);

    private static byte[] Table(char delimiter) => Encoding.UTF8.GetBytes(
        string.Concat(Enumerable.Range(0, 50).Select(i => string.Join(delimiter, $"{i}", $"Pümp \"{i}\"", $"\"a{delimiter}b\n{i}\"", "") + "\n")));
}
