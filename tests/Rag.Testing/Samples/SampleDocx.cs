using System.IO.Compression;
using System.Text;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Wordprocessing;

namespace Rag.Testing.Samples;

/// <summary>Writes Word files with Microsoft's own library, part by part: <c>new SampleDocx().Heading(1, "Pumps").Paragraph("...").ToBytes()</c>.</summary>
public sealed class SampleDocx
{
    private readonly Body _body = new();
    private readonly List<string> _footnotes = [];
    private string? _title;

    /// <summary>Paragraphs; one that begins with <c># </c> or <c>## </c> is a heading.</summary>
    public static byte[] Create(params string[] paragraphs)
    {
        var document = new SampleDocx();
        foreach (var paragraph in paragraphs)
        {
            var level = paragraph.TakeWhile(static c => c == '#').Count();
            _ = level > 0 ? document.Heading(level, paragraph[level..].Trim()) : document.Paragraph(paragraph);
        }

        return document.ToBytes();
    }

    /// <summary>A small file whose main part unpacks to this many MiB of spaces, with honest sizes in its directory.</summary>
    public static byte[] CreateBomb(int unpackedMiB)
    {
        using var file = new MemoryStream();
        using (var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var entry = archive.CreateEntry("word/document.xml", CompressionLevel.SmallestSize).Open();
            entry.Write("<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body><w:p><w:r><w:t>"u8);
            var spaces = Encoding.UTF8.GetBytes(new string(' ', 1024 * 1024));
            for (var i = 0; i < unpackedMiB; i++)
            {
                entry.Write(spaces);
            }

            entry.Write("bomb</w:t></w:r></w:p></w:body></w:document>"u8);
        }

        return file.ToArray();
    }

    /// <summary>A small file with one paragraph's text in elements that stand this deep inside one another.</summary>
    public static byte[] CreateNested(int depth)
    {
        using var file = new MemoryStream();
        using (var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var entry = new StreamWriter(archive.CreateEntry("word/document.xml", CompressionLevel.SmallestSize).Open());
            entry.Write("<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body><w:p>");
            entry.Write(string.Concat(Enumerable.Repeat("<w:r>", depth)) + "<w:t>deep</w:t>" + string.Concat(Enumerable.Repeat("</w:r>", depth)));
            entry.Write("</w:p></w:body></w:document>");
        }

        return file.ToArray();
    }

    /// <summary>The start of an OLE container as Office writes it for files with a password.</summary>
    public static byte[] CreateEncrypted()
    {
        byte[] file = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, .. new byte[2040], .. Encoding.Unicode.GetBytes("EncryptedPackage"), .. new byte[1024]];
        return file;
    }

    public SampleDocx Title(string title)
    {
        _title = title;
        return this;
    }

    public SampleDocx Heading(int level, string text) => Styled($"Heading{level}", text);

    public SampleDocx Paragraph(string text) => Add(new Paragraph(new Run(TextOf(text))));

    public SampleDocx Styled(string style, string text) =>
        Add(new Paragraph(new ParagraphProperties(new ParagraphStyleId { Val = style }), new Run(TextOf(text))));

    public SampleDocx Bullet(string text) => Item(1, text);

    public SampleDocx Numbered(string text) => Item(2, text);

    public SampleDocx Monospaced(string text) =>
        Add(new Paragraph(new Run(new RunProperties(new RunFonts { Ascii = "Consolas" }), TextOf(text))));

    public SampleDocx Table(params string[][] rows)
    {
        _body.Append(new Table(rows.Select(static row => new TableRow(row.Select(static cell => new TableCell(new Paragraph(new Run(TextOf(cell)))))))));
        return this;
    }

    public SampleDocx WithFootnote(string text, string note)
    {
        _footnotes.Add(note);
        return Add(new Paragraph(new Run(TextOf(text)), new Run(new FootnoteReference { Id = _footnotes.Count })));
    }

    /// <summary>Visible text, then text that is hidden, then text that a tracked change deleted, then inserted text.</summary>
    public SampleDocx WithHidden(string visible, string hidden, string deleted, string inserted) => Add(new Paragraph(
        new Run(TextOf(visible)),
        new Run(new RunProperties(new Vanish()), TextOf(hidden)),
        new DeletedRun(new Run(new DeletedText(deleted))) { Id = "1", Author = "a" },
        new InsertedRun(new Run(TextOf(inserted))) { Id = "2", Author = "a" }));

    public byte[] ToBytes()
    {
        using var file = new MemoryStream();
        using (var word = WordprocessingDocument.Create(file, WordprocessingDocumentType.Document))
        {
            var main = word.AddMainDocumentPart();
            main.Document = new Document(_body);
            main.AddNewPart<StyleDefinitionsPart>().Styles = new Styles(
                [.. Enumerable.Range(1, 3).Select(static level => StyleOf($"Heading{level}", $"heading {level}")),
                    StyleOf("Title", "Title"), StyleOf("Zitat", "Quote"), StyleOf("Quelltext", "Source Code"), StyleOf("Own", "Our chapters", "Heading2")]);
            main.AddNewPart<NumberingDefinitionsPart>().Numbering = new Numbering(
                new AbstractNum(new Level(new NumberingFormat { Val = NumberFormatValues.Bullet }) { LevelIndex = 0 }) { AbstractNumberId = 1 },
                new AbstractNum(new Level(new StartNumberingValue { Val = 1 }, new NumberingFormat { Val = NumberFormatValues.Decimal }) { LevelIndex = 0 }) { AbstractNumberId = 2 },
                new NumberingInstance(new AbstractNumId { Val = 1 }) { NumberID = 1 },
                new NumberingInstance(new AbstractNumId { Val = 2 }) { NumberID = 2 });
            main.AddNewPart<FootnotesPart>().Footnotes = new Footnotes(
                _footnotes.Select(static (note, i) => new Footnote(new Paragraph(new Run(TextOf(note)))) { Id = i + 1 }));
            if (_title is not null)
            {
                word.PackageProperties.Title = _title;
            }
        }

        return file.ToArray();
    }

    private static Text TextOf(string text) => new(text) { Space = SpaceProcessingModeValues.Preserve };

    private static Style StyleOf(string id, string name, string? basedOn = null)
    {
        var style = new Style(new StyleName { Val = name }) { Type = StyleValues.Paragraph, StyleId = id };
        if (basedOn is not null)
        {
            style.Append(new BasedOn { Val = basedOn });
        }

        return style;
    }

    private SampleDocx Item(int list, string text) => Add(new Paragraph(
        new ParagraphProperties(new NumberingProperties(new NumberingLevelReference { Val = 0 }, new NumberingId { Val = list })),
        new Run(TextOf(text))));

    private SampleDocx Add(Paragraph paragraph)
    {
        _body.Append(paragraph);
        return this;
    }
}
