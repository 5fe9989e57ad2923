using System.IO.Compression;
using System.Xml;
using System.Xml.Linq;
using Rag.Core.Safety;

namespace Rag.Core.Extraction.Docx;

/// <summary>
/// The parts of a Word file. They are read as streams straight from the archive and not through an object model of the whole
/// package: memory stays bounded by the largest table, every inflated byte is counted, and both dialects of the format
/// (transitional and strict, which differ in namespaces only) read alike.
/// </summary>
internal sealed class DocxPackage : IDisposable
{
    private readonly ZipArchive _archive;
    private readonly UnpackBudget _budget;
    private readonly ExtractionOptions _options;
    private readonly Dictionary<string, ZipArchiveEntry> _entries = new(StringComparer.OrdinalIgnoreCase);
    private readonly string _main;
    private readonly Dictionary<string, string> _root;
    private readonly Dictionary<string, string> _related;

    public DocxPackage(Stream content, ExtractionOptions options)
    {
        _options = options;
        _budget = new UnpackBudget(content.Length, options);
        _archive = new ZipArchive(content, ZipArchiveMode.Read, leaveOpen: true);
        _budget.CheckDeclared(_archive);
        foreach (var entry in _archive.Entries)
        {
            _entries.TryAdd(entry.FullName.Replace('\\', '/').TrimStart('/'), entry);
        }

        _root = Relationships(string.Empty);
        _main = _root.GetValueOrDefault("officeDocument", "word/document.xml");
        _related = Relationships(_main);
    }

    /// <summary>What stands in the body of the main part, one after another.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public IEnumerable<XElement> Body() => DocxXml.ChildrenOf(Open(_main) ?? throw new InvalidDataException("The main part is missing."), "body");

    /// <summary>The elements of this name in the part that the main part names by this relationship (<c>styles</c>, <c>footnotes</c>); none without one.</summary>
    public IEnumerable<XElement> Related(string relationship, string element) =>
        DocxXml.Elements(_related.TryGetValue(relationship, out var part) ? Open(part) : null, element);

    /// <summary>The elements of this name among the document's properties, which each writer keeps elsewhere.</summary>
    public IEnumerable<XElement> Properties(string element) =>
        DocxXml.Elements(_root.TryGetValue("core-properties", out var part) ? Open(part) : null, element);

    private ShallowXmlReader? Open(string part)
    {
        if (!_entries.TryGetValue(part, out var entry))
        {
            return null;
        }

        var reader = XmlReader.Create(
            _budget.Counted(entry.Open()),
            new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, CloseInput = true, CheckCharacters = false, IgnoreComments = true });
        return new ShallowXmlReader(reader, _options);
    }

    public void Dispose() => _archive.Dispose();

    /// <summary>Last part of the relationship's type to the path of its target, for the relationships of <paramref name="part"/>.</summary>
    private Dictionary<string, string> Relationships(string part)
    {
        var folder = part.Contains('/', StringComparison.Ordinal) ? part[..(part.LastIndexOf('/') + 1)] : string.Empty;
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        using var reader = Open($"{folder}_rels/{part[folder.Length..]}.rels");
        while (reader?.Read() == true)
        {
            if (reader.NodeType != XmlNodeType.Element || reader.LocalName != "Relationship" || reader.GetAttribute("TargetMode") == "External")
            {
                continue;
            }

            var type = reader.GetAttribute("Type") ?? string.Empty;
            var target = reader.GetAttribute("Target") ?? string.Empty;
            found.TryAdd(type[(type.LastIndexOf('/') + 1)..], target.StartsWith('/') ? target[1..] : folder + target);
        }

        return found;
    }
}

/// <summary>Word's elements and attributes by local name, so that transitional and strict files read alike.</summary>
internal static class WordXml
{
    public static XElement? Child(this XElement? element, string name) => element?.Elements().FirstOrDefault(child => child.Name.LocalName == name);

    public static string? Value(this XElement? element, string attribute = "val") =>
        element?.Attributes().FirstOrDefault(candidate => candidate.Name.LocalName == attribute)?.Value;

    /// <summary>An on/off property: present and not switched off.</summary>
    public static bool IsOn(this XElement? property) => property is not null && property.Value("val") is not ("0" or "false" or "off");

    public static int? Number(this XElement? element, string attribute = "val") =>
        int.TryParse(element.Value(attribute), System.Globalization.NumberStyles.Integer, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : null;
}
