using System.Text;

namespace Rag.Core.Extraction;

/// <summary>
/// Puts blocks one after another into a text, keeps the path of headings and the offsets, and stops at the limit of characters.
/// Blocks are set apart by an empty line, items of a list by a line end.
/// </summary>
internal sealed class DocumentBuilder(ExtractionOptions options)
{
    /// <summary>Longer ones are running text in a heading's clothes; they would be repeated with every passage below them.</summary>
    private const int LongestHeading = 400;
    private const int LongestPathEntry = 200;

    /// <summary>A book has ten thousand paragraphs. Every block costs the worker an object, so their number is limited like the text.</summary>
    internal const int MostBlocks = 500_000;

    /// <summary>Every heading has a path of its own, up to six titles long: with many long ones the paths would be far more than the text.</summary>
    private const long MostPathCharacters = 16_000_000;

    private readonly StringBuilder _text = new();
    private readonly List<Block> _blocks = [];
    private readonly List<(int Level, string Title)> _open = [];
    private readonly List<string> _warnings = [];
    private readonly long _maxCharacters = options.MaxMillionCharacters * 1_000_000L;
    private IReadOnlyList<string> _path = [];
    private long _pathCharacters;

    public string? FirstTopHeading { get; private set; }

    public bool IsEmpty => _blocks.Count == 0;

    public void Warn(string warning) => _warnings.Add(warning);

    /// <summary>Adds a block; white space around it goes (code keeps its indentation), and nothing happens when nothing is left.</summary>
    public void Add(BlockKind kind, string text, int? page = null)
    {
        text = TextNormalizer.Normalize(text);
        text = kind == BlockKind.Code ? TrimBlankLines(text) : text.Trim();
        if (text.Length > 0)
        {
            Append(kind, text, page, level: 0);
        }
    }

    /// <summary>Adds a heading of level 1 to 6 and opens its section.</summary>
    public void AddHeading(int level, string text, int? page = null)
    {
        var title = TextNormalizer.Normalize(Whitespace.Collapse(text)).Trim();
        if (title.Length == 0)
        {
            return;
        }

        if (title.Length > LongestHeading)
        {
            Append(BlockKind.Paragraph, title, page, level: 0);
            return;
        }

        level = Math.Clamp(level, 1, 6);
        _open.RemoveAll(open => open.Level >= level);
        SetPath();
        Append(BlockKind.Heading, title, page, level);
        if (level == 1)
        {
            FirstTopHeading ??= title;
        }

        _open.Add((level, Shorten(title)));
        SetPath();
    }

    /// <summary>Adds a table, one row per line; rows without any text are left out.</summary>
    public void AddTable(IEnumerable<IReadOnlyList<string>> rows, int? page = null)
    {
        var table = new StringBuilder();
        foreach (var row in rows)
        {
            if (row.All(string.IsNullOrWhiteSpace))
            {
                continue;
            }

            if (table.Length > 0)
            {
                table.Append('\n');
            }

            table.AppendJoin(" | ", row.Select(static cell => Whitespace.Collapse(cell).Trim()));
            EnsureRoom(table.Length);
        }

        Add(BlockKind.Table, table.ToString(), page);
    }

    public ExtractedDocument Build(string extractor, string mediaType, string? title, int? pages = null)
    {
        var stated = title is null ? null : TextNormalizer.Normalize(Whitespace.Collapse(title)).Trim();
        return new ExtractedDocument
        {
            Text = _text.ToString(),
            Blocks = _blocks,
            Extractor = extractor,
            MediaType = mediaType,
            Title = string.IsNullOrEmpty(stated) ? null : Shorten(stated),
            Pages = pages,
            Warnings = _warnings,
        };
    }

    /// <exception cref="ExtractionException">The text would be longer than allowed.</exception>
    public static void EnsureTextLength(long characters, ExtractionOptions options)
    {
        if (characters > options.MaxMillionCharacters * 1_000_000L)
        {
            throw new ExtractionException(
                ExtractionProblems.TooLarge,
                $"The file holds more than {options.MaxMillionCharacters} million characters of text. Split it, or raise Rag:Extraction:MaxMillionCharacters.");
        }
    }

    private void Append(BlockKind kind, string text, int? page, int level)
    {
        EnsureRoom(text.Length);
        if (_blocks.Count > 0)
        {
            var sameList = kind == BlockKind.ListItem && _blocks[^1].Kind == BlockKind.ListItem;
            _text.Append(sameList ? "\n" : "\n\n");
        }

        if (_blocks.Count == MostBlocks)
        {
            throw new ExtractionException(ExtractionProblems.TooLarge, $"The file has more than {MostBlocks} paragraphs. Split it.");
        }

        var start = _text.Length;
        _text.Append(text);
        _blocks.Add(new Block(kind, start, _text.Length, _path, page, level));
    }

    private void EnsureRoom(int more)
    {
        if (_text.Length + (long)more > _maxCharacters)
        {
            EnsureTextLength(_text.Length + (long)more, options);
        }
    }

    private void SetPath()
    {
        _path = [.. _open.Select(static open => open.Title)];
        foreach (var title in _path)
        {
            _pathCharacters += title.Length;
        }

        if (_pathCharacters > MostPathCharacters)
        {
            throw new ExtractionException(ExtractionProblems.TooLarge, "The file has more or longer headings than can be kept with its passages. Split it.");
        }
    }

    private static string Shorten(string title)
    {
        if (title.Length <= LongestPathEntry)
        {
            return title;
        }

        var end = char.IsHighSurrogate(title[LongestPathEntry - 2]) ? LongestPathEntry - 2 : LongestPathEntry - 1;
        return title[..end].TrimEnd() + "…";
    }

    private static string TrimBlankLines(string text)
    {
        var start = 0;
        for (var i = 0; i < text.Length && char.IsWhiteSpace(text[i]); i++)
        {
            if (text[i] == '\n')
            {
                start = i + 1;
            }
        }

        return text[start..].TrimEnd();
    }
}
