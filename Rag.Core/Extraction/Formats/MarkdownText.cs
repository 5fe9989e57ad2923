using System.Globalization;
using System.Text;
using Markdig;
using Markdig.Extensions.Footnotes;
using Markdig.Extensions.Tables;
using Markdig.Extensions.Yaml;
using Markdig.Syntax;
using MarkdownBlock = Markdig.Syntax.Block;

namespace Rag.Core.Extraction.Formats;

/// <summary>
/// Markdown as it reads, not as it is written: markers of emphasis and links go, list markers stay. A citation shows this text, and
/// a quotation full of asterisks and addresses is neither pleasant to read nor good to search.
/// </summary>
internal static class MarkdownText
{
    public const string Version = "markdown-1";

    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePipeTables().UseFootnotes().UseTaskLists().UseYamlFrontMatter().Build();

    public static ExtractedDocument Extract(string text, IReadOnlyList<string> warnings, ExtractionOptions options)
    {
        text = TextNormalizer.Normalize(text);
        var builder = new DocumentBuilder(options);
        foreach (var warning in warnings)
        {
            builder.Warn(warning);
        }

        MarkdownDocument parsed;
        try
        {
            parsed = Markdown.Parse(text, Pipeline);
        }
        catch (ArgumentException)
        {
            // Markdig refuses nesting deeper than it can walk; the words are still there to be read.
            return PlainText.Extract(text, ContentType.Of(ContentFormat.Markdown), [.. warnings, "The Markdown is nested too deeply and was read as plain text."]);
        }

        foreach (var block in parsed)
        {
            Append(builder, block, BlockKind.Paragraph);
        }

        return builder.Build(Version, ContentType.Of(ContentFormat.Markdown), FrontMatterTitle(parsed) ?? builder.FirstTopHeading);
    }

    private static void Append(DocumentBuilder builder, MarkdownBlock block, BlockKind prose)
    {
        switch (block)
        {
            case YamlFrontMatterBlock or LinkReferenceDefinitionGroup:
                break;
            case HeadingBlock heading when prose == BlockKind.Paragraph:
                builder.AddHeading(heading.Level, MarkdownInlines.Text(heading.Inline));
                break;
            case CodeBlock code:
                builder.Add(BlockKind.Code, code.Lines.ToString());
                break;
            case HtmlBlock html:
                HtmlText.AppendFragment(builder, html.Lines.ToString());
                break;
            case Table table:
                builder.AddTable(table.OfType<TableRow>().Select(static row => (IReadOnlyList<string>)[.. row.OfType<TableCell>().Select(ContainerText)]));
                break;
            case ListBlock list:
                AppendList(builder, list, prose == BlockKind.Quote ? prose : BlockKind.ListItem);
                break;
            case QuoteBlock quote:
                AppendAll(builder, quote, BlockKind.Quote);
                break;
            case FootnoteGroup notes:
                foreach (var note in notes.OfType<Footnote>())
                {
                    builder.Add(BlockKind.Paragraph, string.Create(CultureInfo.InvariantCulture, $"[{note.Order}] {ContainerText(note)}"));
                }

                break;
            case ContainerBlock container:
                AppendAll(builder, container, prose);
                break;
            case LeafBlock leaf:
                builder.Add(prose, MarkdownInlines.Text(leaf.Inline));
                break;
        }
    }

    private static void AppendAll(DocumentBuilder builder, ContainerBlock container, BlockKind prose)
    {
        foreach (var block in container)
        {
            Append(builder, block, prose);
        }
    }

    private static void AppendList(DocumentBuilder builder, ListBlock list, BlockKind kind)
    {
        foreach (var item in list.OfType<ListItemBlock>())
        {
            // The item's own order is its number for an ordered list.
            var marker = list.IsOrdered ? string.Create(CultureInfo.InvariantCulture, $"{item.Order}. ") : "- ";
            foreach (var child in item)
            {
                if (child is ParagraphBlock paragraph)
                {
                    builder.Add(kind, marker + MarkdownInlines.Text(paragraph.Inline));
                    marker = string.Empty;
                }
                else
                {
                    Append(builder, child, kind);
                }
            }
        }
    }

    private static string ContainerText(ContainerBlock container)
    {
        var text = new StringBuilder();
        foreach (var leaf in container.Descendants<LeafBlock>())
        {
            text.Append(text.Length > 0 ? " " : string.Empty).Append(leaf is CodeBlock code ? code.Lines.ToString() : MarkdownInlines.Text(leaf.Inline));
        }

        return text.ToString();
    }

    private static string? FrontMatterTitle(MarkdownDocument parsed)
    {
        const string Key = "title:";
        if (parsed.FirstOrDefault() is not YamlFrontMatterBlock front)
        {
            return null;
        }

        foreach (var line in front.Lines.ToString().Split('\n'))
        {
            if (line.StartsWith(Key, StringComparison.OrdinalIgnoreCase))
            {
                var title = line[Key.Length..].Trim();
                return title is ['"', .., '"'] or ['\'', .., '\''] ? title[1..^1] : title;
            }
        }

        return null;
    }
}
