using System.Globalization;
using System.Text;

namespace Rag.Core.Answering;

/// <summary>
/// Takes what looks like a marker out of a text that comes in pieces, except the markers that it is told to show. A marker is complete
/// only with its closing bracket, so that is where it is looked for, in what was kept so far; taking it out only shortens what was
/// kept. So nothing that is left by a removal, or lies in two pieces, can form one either. Not thread-safe.
/// </summary>
internal sealed class MarkerFilter
{
    /// <summary>Stands for a marker to show; no character, so that no text holds it.</summary>
    internal const char Checked = '\uFFFF';

    // A bracket that never closes must not hold back the answer for ever.
    private const int MaxHeld = 2000;

    private readonly StringBuilder _kept = new();
    private readonly Queue<int> _numbers = [];
    // Where in the kept text something was taken out last.
    private int _removedAt = -1;
    private char? _released;

    /// <summary>The last character that stays; null when there is none yet.</summary>
    public char? Last => _kept.Length > 0 ? _kept[^1] : _released;

    /// <summary>Adds text that may hold anything.</summary>
    public void Add(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (MarkerText.IsClosing(c) && LastOpening() is >= 0 and var open && IsToRemove(open))
            {
                // With the space before it.
                _kept.Length = open > 0 && _kept[open - 1] == ' ' ? open - 1 : open;
                _removedAt = _kept.Length;
            }
            else if (Last is not null || !char.IsWhiteSpace(c))
            {
                _kept.Append(c == Checked ? '\uFFFD' : c);
            }
        }
    }

    /// <summary>Adds the marker <c>[number]</c>, which stays.</summary>
    public void AddMarker(int number)
    {
        _kept.Append(Checked);
        _numbers.Enqueue(number);
    }

    /// <summary>Takes spaces off the end.</summary>
    public void TrimEnd()
    {
        while (_kept.Length > 0 && _kept[^1] == ' ')
        {
            _kept.Length--;
        }
    }

    /// <summary>What may be shown now: everything but the beginning of what may become a marker.</summary>
    public string Release()
    {
        var held = HeldFrom();
        while (_kept.Length - held > MaxHeld)
        {
            // Without its bracket it becomes none.
            var open = MarkerText.IsOpening(_kept[held]) ? held : held + 1;
            _kept.Remove(open, 1);
            held = HeldFrom();
        }

        return Take(held);
    }

    /// <summary>The rest: no closing bracket comes any more.</summary>
    public string Finish() => Take(_kept.Length);

    private bool IsToRemove(int open) => MarkerText.Read(_kept.ToString(open + 1, _kept.Length - open - 1)) switch
    {
        Within.Marker => true,
        // [[1]]: an empty pair of brackets is left of it.
        Within.Blank => _removedAt > open,
        _ => false,
    };

    private int LastOpening()
    {
        for (var i = _kept.Length - 1; i >= 0; i--)
        {
            if (MarkerText.IsOpening(_kept[i]))
            {
                return i;
            }

            if (_kept[i] == Checked)
            {
                return -1;
            }
        }

        return -1;
    }

    // Brackets in brackets too: what is within goes, and what is left may go with the next.
    private int HeldFrom()
    {
        var end = _kept.Length;
        for (var i = end - 1; i >= 0; i--)
        {
            if (MarkerText.IsOpening(_kept[i]))
            {
                if (MarkerText.Read(_kept.ToString(i + 1, end - i - 1)) == Within.Other)
                {
                    break;
                }

                end = i;
            }
        }

        // The space before it goes with it.
        return end < _kept.Length && end > 0 && _kept[end - 1] == ' ' ? end - 1 : end;
    }

    private string Take(int length)
    {
        if (length == 0)
        {
            return "";
        }

        var text = new StringBuilder(length);
        for (var i = 0; i < length; i++)
        {
            if (_kept[i] == Checked)
            {
                text.Append(CultureInfo.InvariantCulture, $"[{_numbers.Dequeue()}]");
            }
            else
            {
                text.Append(_kept[i]);
            }
        }

        _kept.Remove(0, length);
        _removedAt -= length;
        _released = text[^1];
        return text.ToString();
    }
}
