using System.Globalization;
using System.Text;

namespace Rag.Core.Extraction.Docx;

/// <summary>Footnotes and endnotes; each is read out after the paragraph that refers to it first.</summary>
internal sealed class DocxNotes(DocxPackage package)
{
    private readonly Dictionary<(string Part, string Id), string> _texts = Load(package);
    private readonly Dictionary<(string Part, string Id), int> _numbers = [];
    private readonly Queue<string> _due = [];

    /// <summary>The marker in the text, such as <c>[2]</c>; null when the note does not exist.</summary>
    public string? Refer(string reference, string id)
    {
        var key = (reference == "footnoteReference" ? "footnotes" : "endnotes", id);
        if (!_texts.TryGetValue(key, out var text))
        {
            return null;
        }

        if (!_numbers.TryGetValue(key, out var number))
        {
            _numbers[key] = number = _numbers.Count + 1;
            _due.Enqueue(string.Create(CultureInfo.InvariantCulture, $"[{number}] {text}"));
        }

        return string.Create(CultureInfo.InvariantCulture, $"[{number}]");
    }

    /// <summary>Notes referred to since the last call.</summary>
    public IEnumerable<string> TakeDue()
    {
        while (_due.TryDequeue(out var note))
        {
            yield return note;
        }
    }

    private static Dictionary<(string Part, string Id), string> Load(DocxPackage package)
    {
        var notes = new Dictionary<(string, string), string>();
        foreach (var (part, element) in new[] { ("footnotes", "footnote"), ("endnotes", "endnote") })
        {
            foreach (var note in package.Related(part, element))
            {
                // The separators that Word keeps among the notes have a type.
                if (note.Value("type") is not (null or "normal") || note.Value("id") is not { } id)
                {
                    continue;
                }

                var text = new StringBuilder();
                foreach (var paragraph in note.Elements().Where(static child => child.Name.LocalName == "p"))
                {
                    text.Append(text.Length > 0 ? " " : string.Empty).Append(new DocxParagraph(paragraph, static (_, _) => null).Text.Trim());
                }

                notes.TryAdd((part, id), text.ToString());
            }
        }

        return notes;
    }
}
