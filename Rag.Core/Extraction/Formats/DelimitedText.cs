using System.Text;

namespace Rag.Core.Extraction.Formats;

/// <summary>CSV (RFC 4180, with any of the usual delimiters) as one table whose heading is its first row.</summary>
internal static class DelimitedText
{
    public const string Version = "csv-1";

    private const int SniffCharacters = 16 * 1024;

    public static ExtractedDocument Extract(string text, ContentFormat format, IReadOnlyList<string> warnings, ExtractionOptions options)
    {
        text = TextNormalizer.Normalize(text);
        var delimiter = format == ContentFormat.Tsv ? '\t' : Delimiter(text.AsSpan(0, Math.Min(text.Length, SniffCharacters)));
        var builder = new DocumentBuilder(options);
        foreach (var warning in warnings)
        {
            builder.Warn(warning);
        }

        builder.AddTable(Rows(text, delimiter));
        var document = builder.Build(Version, ContentType.Of(format), title: null);

        // A table longer than a chunk is cut between rows; the column names stay with each part as its heading.
        return document.Blocks is [var table]
            ? document with { Blocks = [table with { Headings = [Columns(document.Text)] }] }
            : document;
    }

    private static string Columns(string table)
    {
        const int Longest = 200;
        var end = table.IndexOf('\n', StringComparison.Ordinal);
        end = Math.Min(end < 0 ? table.Length : end, Longest);
        return table[..(end > 0 && char.IsHighSurrogate(table[end - 1]) ? end - 1 : end)];
    }

    /// <summary>The delimiter that stands most often outside quotes in the first lines.</summary>
    internal static char Delimiter(ReadOnlySpan<char> head)
    {
        Span<int> counts = stackalloc int[4];
        const string Candidates = ",;\t|";
        var quoted = false;
        foreach (var c in head)
        {
            quoted ^= c == '"';
            if (!quoted && Candidates.IndexOf(c, StringComparison.Ordinal) is var at and >= 0)
            {
                counts[at]++;
            }
        }

        var best = 0;
        for (var i = 1; i < counts.Length; i++)
        {
            best = counts[i] > counts[best] ? i : best;
        }

        return Candidates[best];
    }

    internal static IEnumerable<IReadOnlyList<string>> Rows(string text, char delimiter)
    {
        var row = new List<string>();
        var cell = new StringBuilder();
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quoted)
            {
                if (c != '"')
                {
                    cell.Append(c);
                }
                else if (i + 1 < text.Length && text[i + 1] == '"')
                {
                    cell.Append(text[++i]);
                }
                else
                {
                    quoted = false;
                }
            }
            else if (c == '"' && cell.Length == 0)
            {
                quoted = true;
            }
            else if (c == delimiter)
            {
                row.Add(Take(cell));
            }
            else if (c == '\n')
            {
                row.Add(Take(cell));
                yield return row;
                row = [];
            }
            else
            {
                cell.Append(c);
            }
        }

        if (cell.Length > 0 || row.Count > 0)
        {
            row.Add(Take(cell));
            yield return row;
        }
    }

    private static string Take(StringBuilder cell)
    {
        var value = cell.ToString();
        cell.Clear();
        return value;
    }
}
