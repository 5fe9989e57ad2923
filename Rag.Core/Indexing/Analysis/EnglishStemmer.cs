using System.Buffers;
using System.Collections.Frozen;

namespace Rag.Core.Indexing.Analysis;

/// <summary>
/// The English stemmer of the Snowball project ("Porter2"), from its description at snowballstem.org/algorithms/english/stemmer.html.
/// </summary>
internal static class EnglishStemmer
{
    private const string Vowels = "aeiouy";
    private static readonly SearchValues<char> VowelValues = SearchValues.Create(Vowels);

    private static readonly FrozenDictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> Exceptions =
        new Dictionary<string, string>
        {
            ["skis"] = "ski", ["skies"] = "sky", ["dying"] = "die", ["lying"] = "lie", ["tying"] = "tie",
            ["idly"] = "idl", ["gently"] = "gentl", ["ugly"] = "ugli", ["early"] = "earli", ["only"] = "onli", ["singly"] = "singl",
            ["sky"] = "sky", ["news"] = "news", ["howe"] = "howe", ["atlas"] = "atlas", ["cosmos"] = "cosmos", ["bias"] = "bias", ["andes"] = "andes",
        }.ToFrozenDictionary(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> KeptAfterPlural =
        FrozenSet.Create(StringComparer.Ordinal, "inning", "outing", "canning", "herring", "earring", "proceed", "exceed", "succeed")
            .GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly string[] Step1bEndings = ["eedly", "ingly", "edly", "eed", "ing", "ed"];

    // Longest first, as the description asks for the longest ending.
    private static readonly (string Ending, string Stem)[] Step2 =
    [
        ("ization", "ize"), ("ational", "ate"), ("fulness", "ful"), ("ousness", "ous"), ("iveness", "ive"),
        ("tional", "tion"), ("biliti", "ble"), ("lessli", "less"),
        ("entli", "ent"), ("ation", "ate"), ("alism", "al"), ("aliti", "al"), ("ousli", "ous"), ("iviti", "ive"), ("fulli", "ful"),
        ("enci", "ence"), ("anci", "ance"), ("abli", "able"), ("izer", "ize"), ("ator", "ate"), ("alli", "al"),
        ("bli", "ble"), ("ogi", "og"), ("li", ""),
    ];

    private static readonly (string Ending, string Stem)[] Step3 =
    [
        ("ational", "ate"), ("tional", "tion"), ("alize", "al"), ("icate", "ic"), ("iciti", "ic"), ("ative", ""), ("ical", "ic"), ("ness", ""), ("ful", ""),
    ];

    private static readonly string[] Step4 =
    [
        "ement", "ance", "ence", "able", "ible", "ment", "ant", "ent", "ism", "ate", "iti", "ous", "ive", "ize", "ion", "al", "er", "ic",
    ];

    /// <summary>Stems a lower-case word in place and returns its new length.</summary>
    public static int Stem(Span<char> letters, int length)
    {
        if (length <= 2)
        {
            return length;
        }

        if (Exceptions.TryGetValue(letters[..length], out var exception))
        {
            exception.CopyTo(letters);
            return exception.Length;
        }

        var word = new StemBuffer(letters, length);
        MarkConsonantY(word.Word);
        var r1 = FirstRegion(word);
        var r2 = word.RegionAfter(Vowels, r1);

        DropPossessive(ref word);
        DropPlural(ref word);
        if (!KeptAfterPlural.Contains(word.Word))
        {
            DropPast(ref word, r1);
            if (word.Length > 2 && word[word.Length - 1] is 'y' or 'Y' && !IsVowel(word[word.Length - 2]))
            {
                word.ReplaceEnd(1, "i");
            }

            ApplyStep2(ref word, r1);
            ApplyStep3(ref word, r1, r2);
            ApplyStep4(ref word, r2);
            ApplyStep5(ref word, r1, r2);
        }

        word.Word.Replace('Y', 'y');
        return word.Length;
    }

    private static bool IsVowel(char c) => Vowels.Contains(c);

    private static void MarkConsonantY(Span<char> word)
    {
        for (var i = 0; i < word.Length; i++)
        {
            if (word[i] == 'y' && (i == 0 || IsVowel(word[i - 1])))
            {
                word[i] = 'Y';
            }
        }
    }

    private static int FirstRegion(in StemBuffer word)
    {
        foreach (var prefix in (ReadOnlySpan<string>)["gener", "commun", "arsen"])
        {
            if (word.Word.StartsWith(prefix))
            {
                return prefix.Length;
            }
        }

        return word.RegionAfter(Vowels, 0);
    }

    private static bool EndsInShortSyllable(in StemBuffer word)
    {
        var n = word.Length;
        return n switch
        {
            < 2 => false,
            2 => IsVowel(word[0]) && !IsVowel(word[1]),
            _ => !IsVowel(word[n - 3]) && IsVowel(word[n - 2]) && !IsVowel(word[n - 1]) && word[n - 1] is not ('w' or 'x' or 'Y'),
        };
    }

    private static bool HasVowel(ReadOnlySpan<char> part) => part.ContainsAny(VowelValues);

    private static void DropPossessive(ref StemBuffer word)
    {
        if (word.EndsWith("'s'"))
        {
            word.Drop(3);
        }
        else if (word.EndsWith("'s"))
        {
            word.Drop(2);
        }
        else if (word.EndsWith("'"))
        {
            word.Drop(1);
        }
    }

    private static void DropPlural(ref StemBuffer word)
    {
        if (word.EndsWith("sses"))
        {
            word.Drop(2);
        }
        else if (word.EndsWith("ied") || word.EndsWith("ies"))
        {
            word.ReplaceEnd(3, word.Length > 4 ? "i" : "ie");
        }
        else if (word.EndsWith("s") && !word.EndsWith("us") && !word.EndsWith("ss") && word.Length > 2 && HasVowel(word.Word[..^2]))
        {
            word.Drop(1);
        }
    }

    private static void DropPast(ref StemBuffer word, int r1)
    {
        var ending = word.Longest(Step1bEndings);
        switch (ending)
        {
            case null:
                return;
            case "eed" or "eedly":
                if (word.EndsWith(ending, r1))
                {
                    word.ReplaceEnd(ending.Length, "ee");
                }

                return;
        }

        if (!HasVowel(word.Word[..^ending.Length]))
        {
            return;
        }

        word.Drop(ending.Length);
        if (word.EndsWith("at") || word.EndsWith("bl") || word.EndsWith("iz"))
        {
            Append(ref word, 'e');
        }
        else if (word.Length >= 2 && word[word.Length - 1] == word[word.Length - 2] && "bdfgmnprt".Contains(word[word.Length - 1]))
        {
            word.Drop(1);
        }
        else if (word.Length <= r1 && EndsInShortSyllable(word))
        {
            Append(ref word, 'e');
        }
    }

    // The ending just dropped left room for it.
    private static void Append(ref StemBuffer word, char letter) => word.ReplaceEnd(0, new ReadOnlySpan<char>(in letter));

    private static void ApplyStep2(ref StemBuffer word, int r1)
    {
        foreach (var (ending, stem) in Step2)
        {
            if (!word.EndsWith(ending))
            {
                continue;
            }

            var before = word.Length - ending.Length;
            var applies = before >= r1 && ending switch
            {
                "ogi" => before > 0 && word[before - 1] == 'l',
                "li" => before > 0 && "cdeghkmnrt".Contains(word[before - 1]),
                _ => true,
            };
            if (applies)
            {
                word.ReplaceEnd(ending.Length, stem);
            }

            return;
        }
    }

    private static void ApplyStep3(ref StemBuffer word, int r1, int r2)
    {
        foreach (var (ending, stem) in Step3)
        {
            if (!word.EndsWith(ending))
            {
                continue;
            }

            if (word.EndsWith(ending, ending == "ative" ? r2 : r1))
            {
                word.ReplaceEnd(ending.Length, stem);
            }

            return;
        }
    }

    private static void ApplyStep4(ref StemBuffer word, int r2)
    {
        var ending = word.Longest(Step4);
        if (ending is null || !word.EndsWith(ending, r2))
        {
            return;
        }

        var before = word.Length - ending.Length;
        if (ending != "ion" || (before > 0 && word[before - 1] is 's' or 't'))
        {
            word.Drop(ending.Length);
        }
    }

    private static void ApplyStep5(ref StemBuffer word, int r1, int r2)
    {
        if (word.EndsWith("l", r2) && word.EndsWith("ll"))
        {
            word.Drop(1);
        }
        else if (word.EndsWith("e", r1))
        {
            var inR2 = word.EndsWith("e", r2);
            word.Drop(1);
            if (!inR2 && EndsInShortSyllable(word))
            {
                Append(ref word, 'e');
            }
        }
    }
}
