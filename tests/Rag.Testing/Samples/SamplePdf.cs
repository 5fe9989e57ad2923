using System.Globalization;
using System.Text;

namespace Rag.Testing.Samples;

/// <summary>Writes small, valid PDF files with real text (ISO 32000-1, Helvetica, Windows-1252), one string per page.</summary>
public static class SamplePdf
{
    private const int LinesPerPage = 44;
    private const int CharactersPerLine = 80;

    /// <summary>Pages of text. Lines are wrapped; an empty line ends a paragraph; a line that begins with <c># </c> is a heading.</summary>
    public static byte[] Create(params string[] pages) => Create(new SamplePdfOptions(), pages);

    public static byte[] Create(SamplePdfOptions options, params string[] pages)
    {
        var contents = pages.Select((page, index) => PageContent(options, page, index + 1)).ToList();
        return Write(options, contents);
    }

    /// <summary>One page that shows a picture and holds no text.</summary>
    public static byte[] CreateImageOnly() => Write(
        new SamplePdfOptions(),
        ["q 400 0 0 400 100 200 cm BI /W 2 /H 2 /CS /G /BPC 8 /F /AHx ID 00FF FF00> EI Q"]);

    /// <summary>A file that asks for a password: its key check fits none.</summary>
    public static byte[] CreateEncrypted() => Create(new SamplePdfOptions { Encrypted = true }, "A secret.");

    /// <summary>A file whose second half never arrived.</summary>
    public static byte[] CreateTruncated()
    {
        var whole = Create([.. Enumerable.Range(1, 10).Select(static i => $"# Chapter {i}\n\nThe text of chapter {i}.")]);
        return whole[..(whole.Length / 2)];
    }

    private static string PageContent(SamplePdfOptions options, string page, int number)
    {
        var content = new StringBuilder();
        if (options.Header is not null)
        {
            Show(content, options.Header, x: 72, y: 760, size: 9);
        }

        if (options.PageNumbers)
        {
            Show(content, number.ToString(CultureInfo.InvariantCulture), x: 300, y: 30, size: 9);
        }

        var y = 710.0;
        var lines = page.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n').SelectMany(Wrap).ToList();
        if (lines.Count > LinesPerPage)
        {
            throw new ArgumentException($"A page holds {LinesPerPage} lines, this text needs {lines.Count}.", nameof(page));
        }

        foreach (var line in lines)
        {
            var isHeading = line.StartsWith("# ", StringComparison.Ordinal);
            Show(content, isHeading ? line[2..] : line, 72, y, isHeading ? 20 : 11);
            y -= line.Length == 0 ? 12 : isHeading ? 26 : 14;
        }

        return content.ToString();
    }

    private static IEnumerable<string> Wrap(string line)
    {
        while (line.Length > CharactersPerLine && line.LastIndexOf(' ', CharactersPerLine) is var at and > 0)
        {
            yield return line[..at];
            line = line[(at + 1)..];
        }

        yield return line;
    }

    private static void Show(StringBuilder content, string text, double x, double y, double size)
    {
        if (text.Length > 0)
        {
            var escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("(", "\\(", StringComparison.Ordinal).Replace(")", "\\)", StringComparison.Ordinal);
            content.Append(CultureInfo.InvariantCulture, $"BT /F1 {size} Tf {x} {y} Td ({escaped}) Tj ET\n");
        }
    }

    private static byte[] Write(SamplePdfOptions options, IReadOnlyList<string> contents)
    {
        // 1 catalog, 2 page tree, 3 font, 4 information, then a page and its content each.
        const int FirstPage = 5;
        var objects = new List<string>
        {
            "<< /Type /Catalog /Pages 2 0 R >>",
            $"<< /Type /Pages /Count {contents.Count} /Kids [{string.Join(' ', contents.Select(static (_, i) => $"{FirstPage + (2 * i)} 0 R"))}] >>",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
            options.Title is null ? "<< /Producer (RagPlatform tests) >>" : $"<< /Title ({options.Title}) >>",
        };
        for (var i = 0; i < contents.Count; i++)
        {
            objects.Add($"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents {FirstPage + (2 * i) + 1} 0 R >>");
            objects.Add($"<< /Length {contents[i].Length} >>\nstream\n{contents[i]}\nendstream");
        }

        var trailer = "/Root 1 0 R /Info 4 0 R";
        if (options.Encrypted)
        {
            objects.Add($"<< /Filter /Standard /V 1 /R 2 /P -4 /O <{new string('A', 64)}> /U <{new string('B', 64)}> >>");
            trailer += $" /Encrypt {objects.Count} 0 R /ID [<{new string('C', 32)}> <{new string('C', 32)}>]";
        }

        var file = new StringBuilder("%PDF-1.4\n");
        var offsets = new List<int>();
        for (var i = 0; i < objects.Count; i++)
        {
            offsets.Add(file.Length);
            file.Append(CultureInfo.InvariantCulture, $"{i + 1} 0 obj\n{objects[i]}\nendobj\n");
        }

        var xref = file.Length;
        file.Append(CultureInfo.InvariantCulture, $"xref\n0 {objects.Count + 1}\n0000000000 65535 f \n");
        foreach (var offset in offsets)
        {
            file.Append(CultureInfo.InvariantCulture, $"{offset:D10} 00000 n \n");
        }

        file.Append(CultureInfo.InvariantCulture, $"trailer\n<< /Size {objects.Count + 1} {trailer} >>\nstartxref\n{xref}\n%%EOF\n");

        // Offsets above count characters: Windows-1252 keeps one byte for each.
        return CodePagesEncodingProvider.Instance.GetEncoding(1252)!.GetBytes(file.ToString());
    }
}

/// <summary>What a sample PDF has besides its pages.</summary>
public sealed record SamplePdfOptions
{
    /// <summary>Title in the document information.</summary>
    public string? Title { get; init; }

    /// <summary>Line at the top of every page.</summary>
    public string? Header { get; init; }

    /// <summary>A number at the bottom of every page.</summary>
    public bool PageNumbers { get; init; }

    internal bool Encrypted { get; init; }
}
