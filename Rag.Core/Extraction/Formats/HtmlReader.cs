using System.Collections.Frozen;
using System.Text;
using AngleSharp.Dom;

namespace Rag.Core.Extraction.Formats;

/// <summary>
/// Walks a parsed page and adds its readable blocks. The walk keeps its own stack: pages nest tens of thousands of elements deep on
/// purpose, and child lists are indexed because asking a node for its sibling searches its parent's list.
/// </summary>
internal sealed class HtmlReader(DocumentBuilder builder)
{
    private static readonly FrozenSet<string> Dropped = FrozenSet.ToFrozenSet(
    [
        "script", "style", "noscript", "template", "nav", "head", "title", "iframe", "frame", "frameset", "noframes", "object", "embed", "applet",
        "svg", "math", "canvas", "audio", "video", "map", "select", "datalist", "button", "input", "textarea", "dialog",
    ]);

    private static readonly FrozenSet<string> BlockLevel = FrozenSet.ToFrozenSet(
    [
        "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dir", "div", "dl", "dt", "fieldset", "figcaption",
        "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "legend", "li", "main", "menu", "ol", "p", "pre",
        "search", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
    ]);

    private readonly StringBuilder _inline = new();
    private readonly List<(bool Ordered, int Next)> _lists = [];
    private string? _marker;
    private int _quotes;
    private int _preformatted;
    private int _headings;
    private int _items;

    public void Read(INode root)
    {
        var open = new Stack<(INode Node, int Next)>();
        open.Push((root, 0));
        while (open.TryPop(out var top))
        {
            if (top.Next >= top.Node.ChildNodes.Length)
            {
                if (top.Node is IElement done && !ReferenceEquals(done, root))
                {
                    Leave(done);
                }

                continue;
            }

            open.Push((top.Node, top.Next + 1));
            switch (top.Node.ChildNodes[top.Next])
            {
                case IText text:
                    Append(text.Data);
                    break;
                case IElement element when Enter(element):
                    open.Push((element, 0));
                    break;
            }
        }

        Flush();
    }

    internal static bool IsDropped(IElement element) => Dropped.Contains(element.LocalName) || IsHidden(element);

    private static bool IsHidden(IElement element)
    {
        if (element.HasAttribute("hidden") || string.Equals(element.GetAttribute("aria-hidden"), "true", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        var style = element.GetAttribute("style");
        if (string.IsNullOrEmpty(style))
        {
            return false;
        }

        // Text that a reader cannot see is how instructions are smuggled to a model; style sheets are not evaluated, inline styles are.
        var compact = string.Concat(style.Where(static c => !char.IsWhiteSpace(c))).ToUpperInvariant();
        return compact.Contains("DISPLAY:NONE", StringComparison.Ordinal)
            || compact.Contains("VISIBILITY:HIDDEN", StringComparison.Ordinal)
            || compact.Contains("FONT-SIZE:0;", StringComparison.Ordinal)
            || compact.EndsWith("FONT-SIZE:0", StringComparison.Ordinal)
            || compact.Contains("FONT-SIZE:0PX", StringComparison.Ordinal);
    }

    private bool Enter(IElement element)
    {
        if (IsDropped(element))
        {
            return false;
        }

        var name = element.LocalName;
        switch (name)
        {
            case "br":
                _inline.Append(_headings > 0 ? ' ' : '\n');
                return false;
            case "img":
                Append(element.GetAttribute("alt") ?? string.Empty);
                return false;
            case "table" when _headings == 0 && _preformatted == 0 && HtmlTable.IsData(element):
                Flush();
                HtmlTable.Append(builder, element);
                return false;
        }

        if (!BlockLevel.Contains(name))
        {
            return true;
        }

        Boundary();
        switch (name)
        {
            case "h1" or "h2" or "h3" or "h4" or "h5" or "h6":
                _headings++;
                break;
            case "pre":
                _preformatted++;
                break;
            case "blockquote":
                _quotes++;
                break;
            case "ul" or "menu" or "dir":
                _lists.Add((false, 1));
                break;
            case "ol":
                _lists.Add((true, int.TryParse(element.GetAttribute("start"), out var start) ? start : 1));
                break;
            case "li":
                _items++;
                _marker = Marker();
                break;
        }

        return true;
    }

    private void Leave(IElement element)
    {
        var name = element.LocalName;
        if (!BlockLevel.Contains(name))
        {
            return;
        }

        switch (name)
        {
            case ['h', >= '1' and <= '6']:
                if (--_headings == 0 && _preformatted == 0)
                {
                    builder.AddHeading(name[1] - '0', Take());
                }

                break;
            case "pre":
                if (_preformatted == 1)
                {
                    Flush();
                }

                _preformatted--;
                break;
            case "blockquote":
                Boundary();
                _quotes--;
                break;
            case "ul" or "menu" or "dir" or "ol":
                Boundary();
                _lists.RemoveAt(_lists.Count - 1);
                break;
            case "li":
                Boundary();
                _items--;
                _marker = null;
                break;
            default:
                Boundary();
                break;
        }
    }

    private void Append(string text)
    {
        if (_preformatted > 0)
        {
            _inline.Append(text);
        }
        else
        {
            Whitespace.AppendCollapsed(_inline, text);
        }
    }

    /// <summary>A block begins or ends here; inside headings and preformatted text that is only a space or a line.</summary>
    private void Boundary()
    {
        if (_headings > 0)
        {
            Whitespace.AppendCollapsed(_inline, " ");
        }
        else if (_preformatted > 0)
        {
            if (_inline.Length > 0 && _inline[^1] != '\n')
            {
                _inline.Append('\n');
            }
        }
        else
        {
            Flush();
        }
    }

    private void Flush()
    {
        var text = Take();
        if (string.IsNullOrWhiteSpace(text))
        {
            return;
        }

        var kind = _preformatted > 0 ? BlockKind.Code
            : _quotes > 0 ? BlockKind.Quote
            : _items > 0 ? BlockKind.ListItem
            : BlockKind.Paragraph;
        if (kind == BlockKind.ListItem && _marker is not null)
        {
            text = _marker + text.Trim();
            _marker = null;
        }

        builder.Add(kind, text);
    }

    private string Take()
    {
        var text = _inline.ToString();
        _inline.Clear();
        return text;
    }

    private string Marker()
    {
        if (_lists.Count == 0 || !_lists[^1].Ordered)
        {
            return "- ";
        }

        var (_, next) = _lists[^1];
        _lists[^1] = (true, unchecked(next + 1));
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{next}. ");
    }
}
