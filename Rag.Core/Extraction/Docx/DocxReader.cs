using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Rag.Core.Extraction.Docx;

/// <summary>
/// Word documents: headings by style or outline level, lists with their numbers, tables, code, quotations, footnotes, text boxes.
/// Not read: headers and footers, comments, hidden and deleted text, macros, anything embedded.
/// </summary>
internal sealed class DocxReader
{
    public const string Version = "docx-1";

    private readonly DocumentBuilder _builder;
    private readonly DocxStyles _styles;
    private readonly DocxNumbering _numbering;
    private readonly DocxNotes _notes;
    private readonly List<string> _code = [];
    private string? _titleParagraph;

    private DocxReader(DocxPackage package, DocumentBuilder builder)
    {
        _builder = builder;
        _styles = new DocxStyles(package);
        _numbering = new DocxNumbering(package);
        _notes = new DocxNotes(package);
    }

    /// <param name="content">The file, seekable.</param>
    /// <param name="options">The limits.</param>
    /// <exception cref="ExtractionException">Damaged, unpacks to too much, or without text.</exception>
    public static ExtractedDocument Extract(Stream content, ExtractionOptions options)
    {
        try
        {
            using var package = new DocxPackage(content, options);
            var builder = new DocumentBuilder(options);
            var reader = new DocxReader(package, builder);
            foreach (var element in package.Body())
            {
                reader.Append(element);
            }

            reader.FlushCode();
            if (builder.IsEmpty)
            {
                throw new ExtractionException(
                    ExtractionProblems.NoText, "The Word file holds no text. If it shows scanned pages, run text recognition (OCR) on it first.");
            }

            return builder.Build(Version, ContentType.Docx, CoreTitle(package) ?? reader._titleParagraph ?? builder.FirstTopHeading);
        }
        catch (Exception e) when (e is InvalidDataException or XmlException or EndOfStreamException or NotSupportedException)
        {
            throw new ExtractionException(
                ExtractionProblems.Corrupt, "The Word file is damaged or cut off. Open it in Word, save it again and upload the new file.", e);
        }
    }

    private static string? CoreTitle(DocxPackage package)
    {
        var title = package.Properties("title").FirstOrDefault()?.Value;
        return string.IsNullOrWhiteSpace(title) ? null : title;
    }

    // The walk is as deep as the elements are, which ShallowXmlReader bounds.
    private void Append(XElement element)
    {
        switch (element.Name.LocalName)
        {
            case "p":
                AppendParagraph(element);
                break;
            case "tbl":
                FlushCode();
                AppendTable(element);
                break;
            case "sdt" or "sdtContent" or "customXml" or "ins" or "moveTo" or "txbxContent" or "AlternateContent" or "Choice":
                foreach (var child in element.Elements())
                {
                    Append(child);
                }

                break;
        }
    }

    private void AppendParagraph(XElement element)
    {
        var paragraph = new DocxParagraph(element, _notes.Refer);
        var style = _styles.Get(paragraph.StyleId);
        var text = paragraph.Text;
        var level = DocxStyles.OutlineLevel(paragraph.Properties) ?? style.HeadingLevel;
        if (level == 0 && (style.Kind == BlockKind.Code || paragraph.IsMonospaced))
        {
            _code.Add(text);
        }
        else if (!string.IsNullOrWhiteSpace(text))
        {
            FlushCode();
            AppendProse(paragraph, style, text, level);
        }

        foreach (var box in paragraph.Boxes)
        {
            Append(box);
        }

        foreach (var note in _notes.TakeDue())
        {
            FlushCode();
            _builder.Add(BlockKind.Paragraph, note);
        }
    }

    private void AppendProse(DocxParagraph paragraph, DocxStyle style, string text, int level)
    {
        if (level > 0)
        {
            _titleParagraph ??= _styles.IsTitle(paragraph.StyleId) ? text : null;
            _builder.AddHeading(level, text);
            return;
        }

        var numbering = paragraph.Properties.Child("numPr");
        var list = numbering.Child("numId").Number() ?? style.NumberingId; // 0 takes a paragraph out of its style's list
        if (list is > 0)
        {
            var marker = _numbering.NextMarker(list.Value, numbering.Child("ilvl").Number() ?? style.NumberingLevel);
            _builder.Add(BlockKind.ListItem, marker + text.Trim());
        }
        else
        {
            _builder.Add(style.Kind, text);
        }
    }

    private void AppendTable(XElement table)
    {
        var rows = Rows(table).Select(row => (IReadOnlyList<string>)[.. Cells(row).Select(CellText)]).ToList();
        if (rows.Count > 0 && rows.TrueForAll(static row => row.Count == 1))
        {
            // A frame around text, not a table: its content is read like the rest.
            foreach (var child in Rows(table).SelectMany(Cells).SelectMany(static cell => cell.Elements()))
            {
                Append(child);
            }

            return;
        }

        _builder.AddTable(rows);
        foreach (var note in _notes.TakeDue())
        {
            _builder.Add(BlockKind.Paragraph, note);
        }
    }

    private static IEnumerable<XElement> Rows(XElement table) => Inside(table, "tr");

    private static IEnumerable<XElement> Cells(XElement row) => Inside(row, "tc");

    /// <summary>Rows or cells, also those wrapped in content controls.</summary>
    private static IEnumerable<XElement> Inside(XElement parent, string name) => parent.Elements().SelectMany(child => child.Name.LocalName switch
    {
        var own when own == name => [child],
        "sdt" => child.Child("sdtContent")?.Elements().Where(inner => inner.Name.LocalName == name) ?? [],
        _ => Enumerable.Empty<XElement>(),
    });

    private string CellText(XElement cell)
    {
        var text = new StringBuilder();
        foreach (var child in cell.Elements())
        {
            var part = child.Name.LocalName switch
            {
                "p" => new DocxParagraph(child, _notes.Refer).Text,
                "tbl" => string.Join("; ", Rows(child).Select(row => string.Join(", ", Cells(row).Select(CellText)))),
                "sdt" => child.Child("sdtContent") is { } content ? CellText(content) : string.Empty,
                _ => string.Empty,
            };
            if (part.Length > 0)
            {
                text.Append(text.Length > 0 ? " " : string.Empty).Append(part);
            }
        }

        return text.ToString();
    }

    private void FlushCode()
    {
        if (_code.Count > 0)
        {
            _builder.Add(BlockKind.Code, string.Join('\n', _code));
            _code.Clear();
        }
    }
}
