using System.Buffers;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;

namespace Rag.Core.Extraction.Formats;

/// <summary>HTML: what a reader of the page would read. Nothing is run, fetched or kept of scripts, styles, navigation and hidden parts.</summary>
internal static class HtmlText
{
    public const string Version = "html-1";

    private const int DeclarationWithin = 4096;

    private static readonly SearchValues<char> EndsOfName = SearchValues.Create(" \t\r\n\"'/;>?");

    public static ExtractedDocument Extract(ReadOnlySpan<byte> bytes, string? declaredCharset, ExtractionOptions options)
    {
        var decoded = TextDecoder.Decode(bytes, declaredCharset ?? DeclaredCharset(bytes));
        DocumentBuilder.EnsureTextLength(decoded.Text.Length / 8, options); // markup is many times its text, but not without bound
        using var page = Parse(decoded.Text);
        var builder = new DocumentBuilder(options);
        if (decoded.Warning is not null)
        {
            builder.Warn(decoded.Warning);
        }

        if (page.Body is { } body)
        {
            new HtmlReader(builder).Read(body);
        }

        if (builder.IsEmpty)
        {
            throw new ExtractionException(
                ExtractionProblems.NoText, "The page holds no text of its own; it may fill itself by script. Save it from the browser as a complete page or as PDF.");
        }

        var title = string.IsNullOrWhiteSpace(page.Title) ? builder.FirstTopHeading : page.Title;
        return builder.Build(Version, ContentType.Of(ContentFormat.Html), title);
    }

    /// <summary>Adds the readable text of a piece of HTML that stands in another document.</summary>
    public static void AppendFragment(DocumentBuilder builder, string html)
    {
        using var page = Parse(html);
        if (page.Body is { } body)
        {
            new HtmlReader(builder).Read(body);
        }
    }

    // Without a browsing context AngleSharp neither runs scripts nor loads anything.
    private static IHtmlDocument Parse(string html) => new HtmlParser(new HtmlParserOptions { IsScripting = false }).ParseDocument(html);

    /// <summary>The charset in <c>&lt;meta charset=x&gt;</c>, <c>&lt;meta content="text/html; charset=x"&gt;</c> or <c>&lt;?xml encoding="x"?&gt;</c>.</summary>
    internal static string? DeclaredCharset(ReadOnlySpan<byte> bytes)
    {
        var head = System.Text.Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, DeclarationWithin)]);
        return After(head, "<meta", "charset") ?? After(head, "<?xml", "encoding");
    }

    private static string? After(string head, string tag, string attribute)
    {
        for (var at = head.IndexOf(tag, StringComparison.OrdinalIgnoreCase); at >= 0; at = head.IndexOf(tag, at + 1, StringComparison.OrdinalIgnoreCase))
        {
            var end = head.IndexOf('>', at);
            var inside = head.AsSpan(at, (end < 0 ? head.Length : end) - at);
            var found = inside.IndexOf(attribute, StringComparison.OrdinalIgnoreCase);
            if (found < 0)
            {
                continue;
            }

            var value = inside[(found + attribute.Length)..].TrimStart();
            if (value is not ['=', ..])
            {
                continue;
            }

            value = value[1..].TrimStart(" \t\r\n\"'");
            var length = value.IndexOfAny(EndsOfName);
            return (length < 0 ? value : value[..length]).ToString();
        }

        return null;
    }
}
