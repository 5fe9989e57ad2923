namespace Rag.Core.Indexing.Analysis;

/// <summary>
/// The Russian stemmer of the Snowball project, from its description at snowballstem.org/algorithms/russian/stemmer.html.
/// Expects lower case with ё already written е.
/// </summary>
internal static class RussianStemmer
{
    private const string Vowels = "аеиоуыэюя";

    // Each list longest first. Those of the first group count only after а or я, which stay.
    private static readonly string[] Gerund1 = ["вшись", "вши", "в"];
    private static readonly string[] Gerund2 = ["ившись", "ывшись", "ивши", "ывши", "ив", "ыв"];
    private static readonly string[] Adjective =
    [
        "ими", "ыми", "его", "ого", "ему", "ому", "ее", "ие", "ые", "ое", "ей", "ий", "ый", "ой", "ем", "им", "ым", "ом", "их", "ых", "ую", "юю", "ая", "яя", "ою", "ею",
    ];

    private static readonly string[] Participle1 = ["ем", "нн", "вш", "ющ", "щ"];
    private static readonly string[] Participle2 = ["ивш", "ывш", "ующ"];
    private static readonly string[] Reflexive = ["ся", "сь"];
    private static readonly string[] Verb1 =
    [
        "ешь", "нно", "ете", "йте", "ла", "на", "ли", "ем", "ло", "но", "ет", "ют", "ны", "ть", "й", "л", "н",
    ];

    private static readonly string[] Verb2 =
    [
        "ейте", "уйте", "ила", "ыла", "ена", "ите", "или", "ыли", "ило", "ыло", "ено", "ует", "уют", "ены", "ить", "ыть", "ишь",
        "ей", "уй", "ил", "ыл", "им", "ым", "ен", "ят", "ит", "ыт", "ую", "ю",
    ];

    private static readonly string[] Noun =
    [
        "иями", "ями", "ами", "ией", "иям", "ием", "иях", "ев", "ов", "ие", "ье", "еи", "ии", "ей", "ой", "ий", "ям", "ем", "ам", "ом",
        "ах", "ях", "ию", "ью", "ия", "ья", "а", "е", "и", "й", "о", "у", "ы", "ь", "ю", "я",
    ];

    private static readonly string[] Superlative = ["ейше", "ейш"];
    private static readonly string[] Derivational = ["ость", "ост"];

    /// <summary>Stems in place and returns the new length.</summary>
    public static int Stem(Span<char> letters, int length)
    {
        var word = new StemBuffer(letters, length);
        var rv = 0;
        while (rv < length && !Vowels.Contains(letters[rv]))
        {
            rv++;
        }

        rv = Math.Min(rv + 1, length);
        var r2 = word.RegionAfter(Vowels, word.RegionAfter(Vowels, 0));

        if (!DropEither(ref word, Gerund1, Gerund2, rv))
        {
            DropAny(ref word, Reflexive, rv);
            if (DropAny(ref word, Adjective, rv))
            {
                DropEither(ref word, Participle1, Participle2, rv);
            }
            else if (!DropEither(ref word, Verb1, Verb2, rv))
            {
                DropAny(ref word, Noun, rv);
            }
        }

        if (word.EndsWith("и", rv))
        {
            word.Drop(1);
        }

        // The derivational ending must lie in R2 as well as in RV.
        DropAny(ref word, Derivational, Math.Max(rv, r2));
        if (DropAny(ref word, Superlative, rv) || word.EndsWith("нн", rv))
        {
            if (word.EndsWith("нн", rv))
            {
                word.Drop(1);
            }
        }
        else if (word.EndsWith("ь", rv))
        {
            word.Drop(1);
        }

        return word.Length;
    }

    private static bool DropAny(ref StemBuffer word, string[] endings, int region)
    {
        if (word.Longest(endings, region) is not { } ending)
        {
            return false;
        }

        word.Drop(ending.Length);
        return true;
    }

    // The longest over both groups counts, whichever group it is in.
    private static bool DropEither(ref StemBuffer word, string[] afterA, string[] anywhere, int region)
    {
        var first = word.Longest(afterA, region);
        var second = word.Longest(anywhere, region);
        if (second is not null && second.Length >= (first?.Length ?? 0))
        {
            word.Drop(second.Length);
            return true;
        }

        if (first is null || word.Length - first.Length - 1 < region || word[word.Length - first.Length - 1] is not ('а' or 'я'))
        {
            return false;
        }

        word.Drop(first.Length);
        return true;
    }
}
