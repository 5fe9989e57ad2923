using System.Globalization;
using System.Text;
using Rag.Core.Retrieval;

namespace Rag.Core.Answering;

/// <summary>
/// Takes a model's text as it comes and lets it out sentence by sentence. Each <c>[[number|quote]]</c> becomes a citation and a
/// marker when the quotation stands in the passage with that number, and vanishes when it does not. What else looks like a marker
/// is taken out (<see cref="MarkerFilter"/>). One answer, one stream; not thread-safe.
/// </summary>
internal sealed class CitationStream(IReadOnlyList<Evidence> evidence)
{
    // A citation that never ends must not hold back the answer for ever.
    private const int MaxCitation = 2000;

    private readonly StringBuilder _pending = new();
    private readonly MarkerFilter _shown = new();
    private readonly Dictionary<(int Evidence, int Start, int End), int> _numbers = [];

    /// <summary>Citations so far.</summary>
    public int Count => _numbers.Count;

    /// <summary>Whether any text came out.</summary>
    public bool HasText { get; private set; }

    /// <summary>Adds text; returns what may be shown now.</summary>
    public IEnumerable<AnswerEvent> Add(string text)
    {
        _pending.Append(text);
        return Release(CompleteLength(_pending.ToString()), isLast: false);
    }

    /// <summary>The model has ended: what is left comes out, an unfinished citation does not.</summary>
    public IEnumerable<AnswerEvent> Finish()
    {
        var left = _pending.ToString();
        var open = left.LastIndexOf("[[", StringComparison.Ordinal);
        if (open >= 0 && left.IndexOf("]]", open, StringComparison.Ordinal) < 0)
        {
            _pending.Length = open;
        }

        return Release(_pending.Length, isLast: true);
    }

    /// <summary>How much of the text forms whole sentences with their citations, nothing in it open.</summary>
    private static int CompleteLength(string text)
    {
        var complete = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '[')
            {
                // One bracket at the very end may become two.
                if (i + 1 == text.Length)
                {
                    break;
                }

                if (text[i + 1] == '[')
                {
                    var close = text.IndexOf("]]", i, StringComparison.Ordinal);
                    if (close < 0 && text.Length - i < MaxCitation)
                    {
                        break;
                    }

                    i = close < 0 ? text.Length - 1 : close + 1;
                    continue;
                }

                var end = text.IndexOf(']', i);
                if (end < 0 && text.Length - i < 20)
                {
                    break;
                }
            }
            else if (EndsSentence(text, i))
            {
                complete = i + 1;
            }
        }

        return complete;
    }

    // A stop counts once white space and something after it show that no citation of the same sentence follows.
    private static bool EndsSentence(string text, int at)
    {
        if (text[at] is '。' or '！' or '？')
        {
            return at + 1 < text.Length && text[at + 1] != '[';
        }

        if (!char.IsWhiteSpace(text[at]) || at == 0 || at + 1 >= text.Length || text[at + 1] == '[' || char.IsWhiteSpace(text[at + 1]))
        {
            return false;
        }

        var last = text.AsSpan(0, at).TrimEnd();
        return text[at] == '\n' || (last.Length > 0 && last[^1] is '.' or '!' or '?' or ':' or ']');
    }

    private List<AnswerEvent> Release(int length, bool isLast)
    {
        var text = _pending.ToString(0, length);
        _pending.Remove(0, length);
        var events = new List<AnswerEvent>();
        var position = 0;
        while (position < text.Length)
        {
            var open = text.IndexOf("[[", position, StringComparison.Ordinal);
            var close = open < 0 ? -1 : text.IndexOf("]]", open, StringComparison.Ordinal);
            if (open < 0 || close < 0)
            {
                _shown.Add(text.AsSpan(position));
                break;
            }

            _shown.Add(text.AsSpan(position, open - position));
            if (Check(text.AsSpan(open + 2, close - open - 2)) is { } citation)
            {
                if (citation.IsNew)
                {
                    events.Add(new AnswerEvent.Cited(citation.Citation));
                }

                if (NeedsSpace(_shown.Last))
                {
                    _shown.Add(" ");
                }

                _shown.AddMarker(citation.Citation.Number);
            }
            else if (close + 2 < text.Length && IsClosingMark(text[close + 2]))
            {
                // The space before a citation that vanished would stand before the full stop.
                _shown.TrimEnd();
            }

            position = close + 2;
        }

        var shown = isLast ? _shown.Finish() : _shown.Release();
        if (shown.Length > 0)
        {
            HasText |= !string.IsNullOrWhiteSpace(shown);
            events.Add(new AnswerEvent.Delta(shown));
        }

        return events;
    }

    // Chinese and Japanese are written without.
    private static bool NeedsSpace(char? before) => before is < '\u2E80' and var last && !char.IsWhiteSpace(last);

    private static bool IsClosingMark(char c) => c is '.' or ',' or ';' or ':' or '!' or '?' or ')';

    // 2|Its dome weighs eleven tonnes
    private (Citation Citation, bool IsNew)? Check(ReadOnlySpan<char> inside)
    {
        var bar = inside.IndexOf('|');
        if (bar < 0 || !int.TryParse(inside[..bar].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || number < 1 || number > evidence.Count)
        {
            return null;
        }

        var source = evidence[number - 1];
        if (QuoteFinder.Find(source.Text, inside[(bar + 1)..]) is not { } range)
        {
            return null;
        }

        var key = (number, range.Start, range.End);
        var isNew = !_numbers.TryGetValue(key, out var known);
        if (isNew)
        {
            _numbers[key] = known = _numbers.Count + 1;
        }

        return (Citations.Of(known, source, source.Start + range.Start, source.Start + range.End), isNew);
    }
}
