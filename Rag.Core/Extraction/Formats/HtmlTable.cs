using System.Text;
using AngleSharp.Dom;

namespace Rag.Core.Extraction.Formats;

/// <summary>Tables that hold data become one block; tables that only lay out a page are read like the rest of it.</summary>
internal static class HtmlTable
{
    private static readonly string[] LayoutOnly = ["table", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "ul", "ol", "blockquote", "article", "section"];

    public static bool IsData(IElement table)
    {
        if (table.GetAttribute("role") is "presentation" or "none")
        {
            return false;
        }

        var widest = 0;
        var isData = true;
        Visit(table, element =>
        {
            if (LayoutOnly.Contains(element.LocalName))
            {
                isData = false;
            }
            else if (element.LocalName == "tr")
            {
                widest = Math.Max(widest, element.Children.Length);
            }

            return isData;
        });
        return isData && widest > 1;
    }

    public static void Append(DocumentBuilder builder, IElement table)
    {
        var rows = new List<IReadOnlyList<string>>();
        Visit(table, element =>
        {
            switch (element.LocalName)
            {
                case "caption":
                    builder.Add(BlockKind.Paragraph, Text(element));
                    break;
                case "tr":
                    rows.Add([.. element.Children.Where(static cell => !HtmlReader.IsDropped(cell)).Select(Text)]);
                    break;
            }

            return true;
        });
        builder.AddTable(rows);
    }

    private static string Text(IElement cell)
    {
        var text = new StringBuilder();
        var open = new Stack<(INode Node, int Next)>();
        open.Push((cell, 0));
        while (open.TryPop(out var top))
        {
            if (top.Next >= top.Node.ChildNodes.Length)
            {
                continue;
            }

            open.Push((top.Node, top.Next + 1));
            switch (top.Node.ChildNodes[top.Next])
            {
                case IText part:
                    Whitespace.AppendCollapsed(text, part.Data);
                    break;
                case IElement hidden when HtmlReader.IsDropped(hidden):
                    break;
                case IElement { LocalName: "br" or "p" or "div" } element:
                    Whitespace.AppendCollapsed(text, " ");
                    open.Push((element, 0));
                    break;
                case IElement { LocalName: "img" } image:
                    Whitespace.AppendCollapsed(text, image.GetAttribute("alt") ?? string.Empty);
                    break;
                case IElement element:
                    open.Push((element, 0));
                    break;
            }
        }

        return text.ToString();
    }

    /// <summary>Every visible element below <paramref name="root"/> in document order, until the visitor says stop; no recursion.</summary>
    private static void Visit(IElement root, Func<IElement, bool> visit)
    {
        var open = new Stack<(INode Node, int Next)>();
        open.Push((root, 0));
        while (open.TryPop(out var top))
        {
            if (top.Next >= top.Node.ChildNodes.Length)
            {
                continue;
            }

            open.Push((top.Node, top.Next + 1));
            if (top.Node.ChildNodes[top.Next] is IElement element && !HtmlReader.IsDropped(element))
            {
                if (!visit(element))
                {
                    return;
                }

                open.Push((element, 0));
            }
        }
    }
}
