using System.Globalization;
using System.Xml.Linq;

namespace Rag.Core.Extraction.Docx;

/// <summary>Counts list items and gives them the marker a reader sees, as far as plain text needs it: a number or a dash.</summary>
internal sealed class DocxNumbering
{
    private const int Levels = 9;

    private readonly Dictionary<int, XElement> _abstract = [];
    private readonly Dictionary<int, int> _abstractOf = [];
    private readonly Dictionary<int, int?[]> _counters = [];

    public DocxNumbering(DocxPackage package)
    {
        foreach (var root in package.Related("numbering", "numbering"))
        {
            foreach (var element in root.Elements())
            {
                if (element.Name.LocalName == "abstractNum" && element.Number("abstractNumId") is { } id)
                {
                    _abstract.TryAdd(id, element);
                }
                else if (element.Name.LocalName == "num" && element.Number("numId") is { } list && element.Child("abstractNumId").Number() is { } of)
                {
                    _abstractOf.TryAdd(list, of);
                }
            }
        }
    }

    public string NextMarker(int list, int level)
    {
        level = Math.Clamp(level, 0, Levels - 1);
        var definition = _abstractOf.TryGetValue(list, out var id) && _abstract.TryGetValue(id, out var found)
            ? found.Elements().FirstOrDefault(candidate => candidate.Name.LocalName == "lvl" && candidate.Number("ilvl") == level)
            : null;
        if (definition.Child("numFmt").Value() is null or "bullet" or "none")
        {
            return "- ";
        }

        if (!_counters.TryGetValue(list, out var counters))
        {
            _counters[list] = counters = new int?[Levels];
        }

        var number = counters[level] is { } last ? unchecked(last + 1) : definition.Child("start").Number() ?? 1;
        counters[level] = number;
        Array.Clear(counters, level + 1, Levels - level - 1); // a new item restarts the lists below it
        return string.Create(CultureInfo.InvariantCulture, $"{number}. ");
    }
}
