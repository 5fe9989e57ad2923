using System.Xml.Linq;

namespace Rag.Core.Extraction.Docx;

/// <summary>What a paragraph style means for the text.</summary>
/// <param name="HeadingLevel">1 to 9 for headings, else 0.</param>
/// <param name="Kind">Role of paragraphs that are no heading and in no list.</param>
/// <param name="NumberingId">List that the style itself belongs to; null for none.</param>
/// <param name="NumberingLevel">Level in that list.</param>
internal sealed record DocxStyle(int HeadingLevel, BlockKind Kind, int? NumberingId, int NumberingLevel)
{
    public static DocxStyle Plain { get; } = new(0, BlockKind.Paragraph, null, 0);
}

/// <summary>The paragraph styles with what they inherit.</summary>
internal sealed class DocxStyles
{
    private const int DeepestInheritance = 32; // a style based on itself must not hang the reader

    private readonly Dictionary<string, XElement> _definitions = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, DocxStyle> _resolved = new(StringComparer.OrdinalIgnoreCase);

    public DocxStyles(DocxPackage package)
    {
        foreach (var style in package.Related("styles", "style"))
        {
            if (style.Value("type") is null or "paragraph" && style.Value("styleId") is { } id)
            {
                _definitions.TryAdd(id, style);
            }
        }
    }

    public bool IsTitle(string? id) => id is not null && _definitions.TryGetValue(id, out var style)
        ? string.Equals(style.Child("name").Value(), "Title", StringComparison.OrdinalIgnoreCase)
        : string.Equals(id, "Title", StringComparison.OrdinalIgnoreCase);

    public DocxStyle Get(string? id)
    {
        if (id is null)
        {
            return DocxStyle.Plain;
        }

        if (!_resolved.TryGetValue(id, out var style))
        {
            _resolved[id] = style = Resolve(id);
        }

        return style;
    }

    private DocxStyle Resolve(string id)
    {
        var level = 0;
        var kind = BlockKind.Paragraph;
        int? list = null;
        int? listLevel = null;
        string? current = id;
        for (var depth = 0; current is not null && depth < DeepestInheritance; depth++)
        {
            var definition = _definitions.GetValueOrDefault(current);
            var name = definition.Child("name").Value() ?? current;
            var properties = definition.Child("pPr");
            level = level > 0 ? level : OutlineLevel(properties) ?? HeadingLevelOf(name);
            kind = kind != BlockKind.Paragraph ? kind : KindOf(name);
            var numbering = properties.Child("numPr");
            list ??= numbering.Child("numId").Number();
            listLevel ??= numbering.Child("ilvl").Number();
            current = definition.Child("basedOn").Value();
        }

        return new DocxStyle(level, kind, list is > 0 ? list : null, listLevel ?? 0);
    }

    /// <summary>The level that a paragraph's or style's properties state: 1 to 9; null when they state none or body text.</summary>
    public static int? OutlineLevel(XElement? properties) => properties.Child("outlineLvl").Number() is { } level and >= 0 and <= 8 ? level + 1 : null;

    private static int HeadingLevelOf(string name)
    {
        if (string.Equals(name, "Title", StringComparison.OrdinalIgnoreCase))
        {
            return 1;
        }

        // The names of the built-in styles are English in every language's file; their ids are not.
        return name.StartsWith("heading", StringComparison.OrdinalIgnoreCase) && name.Length <= 9 && name[^1] is >= '1' and <= '9' ? name[^1] - '0' : 0;
    }

    private static BlockKind KindOf(string name) => name switch
    {
        _ when name.Contains("quote", StringComparison.OrdinalIgnoreCase) => BlockKind.Quote,
        _ when name.Contains("code", StringComparison.OrdinalIgnoreCase) || name.Contains("preformatted", StringComparison.OrdinalIgnoreCase)
            || name.Contains("listing", StringComparison.OrdinalIgnoreCase) => BlockKind.Code,
        _ => BlockKind.Paragraph,
    };
}
