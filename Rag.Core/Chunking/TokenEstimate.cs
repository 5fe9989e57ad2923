namespace Rag.Core.Chunking;

/// <summary>
/// Estimates model tokens without any model's vocabulary. Version <c>approx-1</c>: a word of Latin, Cyrillic or Greek letters costs
/// one token per started four letters, a CJK character one, other marks one each, white space nothing.
/// </summary>
public static class TokenEstimate
{
    /// <summary>Stored beside what was counted with it.</summary>
    public const string Version = "approx-1";

    private const int LettersPerToken = 4;

    /// <summary>Estimated tokens of <paramref name="text"/>; 0 for white space alone.</summary>
    public static int Count(ReadOnlySpan<char> text)
    {
        var tokens = 0;
        var letters = 0;
        foreach (var c in text)
        {
            if (IsCjk(c))
            {
                tokens += Started(letters) + 1;
                letters = 0;
            }
            else if (char.IsLetterOrDigit(c) || char.IsSurrogate(c))
            {
                letters++;
            }
            else
            {
                tokens += Started(letters) + (char.IsWhiteSpace(c) ? 0 : 1);
                letters = 0;
            }
        }

        return tokens + Started(letters);
    }

    /// <summary>Length of the longest start of <paramref name="text"/> that costs at most <paramref name="tokens"/>; one pass.</summary>
    internal static int LengthWithin(ReadOnlySpan<char> text, int tokens)
    {
        var letters = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (IsCjk(c))
            {
                tokens--;
                letters = 0;
            }
            else if (char.IsLetterOrDigit(c) || char.IsSurrogate(c))
            {
                tokens -= letters % LettersPerToken == 0 ? 1 : 0;
                letters++;
            }
            else
            {
                tokens -= char.IsWhiteSpace(c) ? 0 : 1;
                letters = 0;
            }

            if (tokens < 0)
            {
                return i;
            }
        }

        return text.Length;
    }

    private static int Started(int letters) => (letters + LettersPerToken - 1) / LettersPerToken;

    // Hiragana, Katakana, CJK unified ideographs with extension A, Hangul syllables, compatibility ideographs.
    private static bool IsCjk(char c) => c is (>= '\u3040' and <= '\u30FF') or (>= '\u3400' and <= '\u9FFF')
        or (>= '\uAC00' and <= '\uD7AF') or (>= '\uF900' and <= '\uFAFF');
}
