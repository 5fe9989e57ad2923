namespace Rag.Core.Indexing.Analysis;

/// <summary>
/// The German stemmer of the Snowball project, from its description at snowballstem.org/algorithms/german/stemmer.html.
/// Expects lower case with umlauts kept and ß already written ss; the result has neither.
/// </summary>
internal static class GermanStemmer
{
    private const string Vowels = "aeiouyäöü";
    private static readonly string[] Step1 = ["ern", "em", "er", "en", "es", "e", "s"];
    private static readonly string[] Step2 = ["est", "en", "er", "st"];
    private static readonly string[] Step3 = ["isch", "lich", "heit", "keit", "end", "ung", "ig", "ik"];

    /// <summary>Stems in place and returns the new length.</summary>
    public static int Stem(Span<char> letters, int length)
    {
        MarkConsonants(letters[..length]);
        var word = new StemBuffer(letters, length);
        var r1 = word.RegionAfter(Vowels, 0);
        var r2 = word.RegionAfter(Vowels, r1);
        r1 = Math.Max(r1, Math.Min(3, length));

        ApplyStep1(ref word, r1);
        ApplyStep2(ref word, r1);
        ApplyStep3(ref word, r1, r2);
        foreach (ref var c in word.Word)
        {
            c = c switch { 'U' or 'ü' => 'u', 'Y' => 'y', 'ä' => 'a', 'ö' => 'o', _ => c };
        }

        return word.Length;
    }

    private static void MarkConsonants(Span<char> word)
    {
        for (var i = 1; i < word.Length - 1; i++)
        {
            if (word[i] is 'u' or 'y' && Vowels.Contains(word[i - 1]) && Vowels.Contains(word[i + 1]))
            {
                word[i] = char.ToUpperInvariant(word[i]);
            }
        }
    }

    private static void ApplyStep1(ref StemBuffer word, int r1)
    {
        var ending = word.Longest(Step1);
        if (ending is null || !word.EndsWith(ending, r1))
        {
            return;
        }

        if (ending == "s")
        {
            if (word.Length > 1 && "bdfghklmnrt".Contains(word[word.Length - 2]))
            {
                word.Drop(1);
            }

            return;
        }

        word.Drop(ending.Length);
        if (ending is "e" or "en" or "es" && word.EndsWith("niss"))
        {
            word.Drop(1);
        }
    }

    private static void ApplyStep2(ref StemBuffer word, int r1)
    {
        var ending = word.Longest(Step2);
        if (ending is null || !word.EndsWith(ending, r1))
        {
            return;
        }

        // -st goes only after one of these letters, and only when three more stand before that.
        if (ending != "st" || (word.Length >= 6 && "bdfghklmnt".Contains(word[word.Length - 3])))
        {
            word.Drop(ending.Length);
        }
    }

    private static void ApplyStep3(ref StemBuffer word, int r1, int r2)
    {
        var ending = word.Longest(Step3);
        if (ending is null || !word.EndsWith(ending, r2))
        {
            return;
        }

        switch (ending)
        {
            case "end" or "ung":
                word.Drop(3);
                if (word.EndsWith("ig", r2) && !word.EndsWith("eig"))
                {
                    word.Drop(2);
                }

                break;
            case "ig" or "ik" or "isch":
                if (word.Length == ending.Length || word[word.Length - ending.Length - 1] != 'e')
                {
                    word.Drop(ending.Length);
                }

                break;
            case "lich" or "heit":
                word.Drop(4);
                if (word.EndsWith("er", r1) || word.EndsWith("en", r1))
                {
                    word.Drop(2);
                }

                break;
            case "keit":
                word.Drop(4);
                if (word.EndsWith("lich", r2))
                {
                    word.Drop(4);
                }
                else if (word.EndsWith("ig", r2))
                {
                    word.Drop(2);
                }

                break;
        }
    }
}
