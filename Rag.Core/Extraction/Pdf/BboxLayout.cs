using System.Globalization;
using System.Net;
using System.Text;

namespace Rag.Core.Extraction.Pdf;

/// <summary>
/// Reads the output of <c>pdftotext -bbox-layout</c>, line by line and not as XML: control characters of a document stand in it
/// unescaped, which no XML reader accepts. A sample:
/// <code>
///   &lt;page width="612.000000" height="792.000000"&gt;
///     &lt;flow&gt;
///       &lt;block xMin="33.75" yMin="34.11" xMax="178.45" yMax="60.69"&gt;
///         &lt;line xMin="33.75" yMin="34.11" xMax="178.45" yMax="60.69"&gt;
///           &lt;word xMin="33.75" yMin="34.11" xMax="95.09" yMax="60.69"&gt;Pump&lt;/word&gt;
/// </code>
/// </summary>
internal sealed class BboxLayout(ExtractionOptions options)
{
    // Poppler starts a new word at a gap of a tenth of the font size, but also where the font changes and between CJK characters.
    private const float SmallestSpace = 0.08f;

    private readonly List<PdfLine> _lines = [];
    private readonly StringBuilder _text = new();
    private long _characters;
    private int _block;
    private float _pageHeight;
    private float _top;
    private float _height;
    private float _left;
    private float _right;

    public IReadOnlyList<PdfLine> Lines => _lines;

    public int Pages { get; private set; }

    /// <param name="pages">How many there are; null when nobody counted to the end.</param>
    /// <param name="options">The limits.</param>
    public static ExtractionException TooManyPages(int? pages, ExtractionOptions options) => new(
        ExtractionProblems.TooManyPages,
        string.Create(
            CultureInfo.InvariantCulture,
            $"The PDF has {(pages is { } known ? known : $"more than {options.MaxPages}")} pages, allowed are {options.MaxPages}. Split it, or raise Rag:Extraction:MaxPages."));

    public void Read(string line)
    {
        var content = line.AsSpan().TrimStart();
        if (content.StartsWith("<word ", StringComparison.Ordinal))
        {
            Word(content);
        }
        else if (content.StartsWith("<line ", StringComparison.Ordinal))
        {
            _text.Clear();
            _height = 0;
            _top = float.MaxValue;
        }
        else if (content.StartsWith("</line>", StringComparison.Ordinal))
        {
            EndLine();
        }
        else if (content.StartsWith("<block ", StringComparison.Ordinal))
        {
            _block++;
        }
        else if (content.StartsWith("<page ", StringComparison.Ordinal))
        {
            Pages++;
            if (Pages > options.MaxPages)
            {
                // Counted here because what the file says of itself may be wrong on purpose.
                throw TooManyPages(null, options);
            }

            _pageHeight = Attribute(content, " height=\"");
        }
    }

    private void EndLine()
    {
        if (_text.Length > 0)
        {
            _characters += _text.Length + 1;
            DocumentBuilder.EnsureTextLength(_characters, options);
            _lines.Add(new PdfLine(Pages, _block, _text.ToString(), _top, _height, _pageHeight));
            _text.Clear();
        }
    }

    private void Word(ReadOnlySpan<char> content)
    {
        var open = content.IndexOf('>');
        var close = content.LastIndexOf("</word>", StringComparison.Ordinal);
        if (open < 0 || close <= open)
        {
            return;
        }

        var text = WebUtility.HtmlDecode(content[(open + 1)..close].ToString());
        if (string.IsNullOrWhiteSpace(text))
        {
            return;
        }

        var tag = content[..open];
        var left = Attribute(tag, " xMin=\"");
        var right = Attribute(tag, " xMax=\"");
        var top = Attribute(tag, " yMin=\"");
        var height = Math.Max(0, Attribute(tag, " yMax=\"") - top);
        if (_text.Length > 0)
        {
            // Right-to-left lines come in reading order too, so that the next word lies on the other side.
            var gap = Math.Max(left - _right, _left - right);
            if (gap > SmallestSpace * Math.Max(height, _height))
            {
                _text.Append(' ');
            }
        }

        _text.Append(text);
        _left = left;
        _right = right;
        _top = Math.Min(_top, top);
        _height = Math.Max(_height, height);
    }

    private static float Attribute(ReadOnlySpan<char> tag, string name)
    {
        var at = tag.IndexOf(name, StringComparison.Ordinal);
        if (at < 0)
        {
            return 0;
        }

        var value = tag[(at + name.Length)..];
        var end = value.IndexOf('"');
        return end >= 0 && float.TryParse(value[..end], NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }
}
