using System.Collections.Frozen;
using System.Text;
using System.Xml.Linq;

namespace Rag.Core.Extraction.Docx;

/// <summary>The visible text of one paragraph, with what hangs on it.</summary>
internal sealed class DocxParagraph
{
    // Deleted and moved-away text of tracked changes is no longer part of the document; a fallback repeats what was already read.
    private static readonly FrozenSet<string> Skipped =
        FrozenSet.ToFrozenSet(["del", "moveFrom", "Fallback", "pPr", "rPr", "instrText", "delText", "sdtPr", "rt", "annotationRef"]);

    private static readonly FrozenSet<string> Monospaced = FrozenSet.ToFrozenSet(
        ["Courier New", "Courier", "Consolas", "Menlo", "Monaco", "Lucida Console", "Source Code Pro", "Cascadia Code", "Cascadia Mono", "DejaVu Sans Mono",
            "Liberation Mono", "JetBrains Mono", "Fira Code", "Ubuntu Mono"],
        StringComparer.OrdinalIgnoreCase);

    private readonly StringBuilder _text = new();
    private bool _hasProportional;
    private bool _hasMonospaced;

    public DocxParagraph(XElement paragraph, Func<string, string, string?> noteMarker)
    {
        Properties = paragraph.Child("pPr");
        Read(paragraph, noteMarker);
    }

    public XElement? Properties { get; }

    public string? StyleId => Properties.Child("pStyle").Value();

    public string Text => _text.ToString();

    /// <summary>Every visible letter is in a font of fixed width.</summary>
    public bool IsMonospaced => _hasMonospaced && !_hasProportional;

    /// <summary>Text boxes anchored here.</summary>
    public List<XElement> Boxes { get; } = [];

    private void Read(XElement parent, Func<string, string, string?> noteMarker)
    {
        foreach (var element in parent.Elements())
        {
            var name = element.Name.LocalName;
            switch (name)
            {
                case "t":
                    Append(element, parent);
                    break;
                case "tab" or "ptab":
                    _text.Append('\t');
                    break;
                case "br" or "cr":
                    _text.Append('\n');
                    break;
                case "noBreakHyphen":
                    _text.Append('-');
                    break;
                case "footnoteReference" or "endnoteReference":
                    _text.Append(noteMarker(name, element.Value("id") ?? string.Empty));
                    break;
                case "txbxContent":
                    Boxes.Add(element);
                    break;
                // Hidden text is not what a reader of the document sees.
                case "r" when IsHidden(element):
                    break;
                default:
                    if (!Skipped.Contains(name))
                    {
                        Read(element, noteMarker);
                    }

                    break;
            }
        }
    }

    private static bool IsHidden(XElement run) => run.Child("rPr") is { } properties && (properties.Child("vanish").IsOn() || properties.Child("specVanish").IsOn());

    private void Append(XElement text, XElement run)
    {
        var value = text.Value;
        _text.Append(value);
        if (!string.IsNullOrWhiteSpace(value))
        {
            var isMonospaced = run.Child("rPr").Child("rFonts").Value("ascii") is { } font && Monospaced.Contains(font);
            _hasMonospaced |= isMonospaced;
            _hasProportional |= !isMonospaced;
        }
    }
}
