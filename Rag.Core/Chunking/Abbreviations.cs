using System.Collections.Frozen;

namespace Rag.Core.Chunking;

/// <summary>Words whose full stop does not end a sentence, in the languages that people are most likely to upload.</summary>
internal static class Abbreviations
{
    /// <summary>Length of the longest entry.</summary>
    public const int Longest = 8;

    // Nearly always followed by what they belong to. "etc.", "Inc.", "a.m." are missing on purpose: they end sentences as often as not,
    // and then a capital letter follows; before a small letter no full stop ends a sentence anyway.
    private static readonly FrozenSet<string> Always = FrozenSet.ToFrozenSet(
        [
            "mr", "mrs", "ms", "dr", "prof", "st", "mt", "ft", "rev", "hon", "gen", "col", "capt", "lt", "sgt", "gov", "sen", "rep", "pres",
            "vs", "e.g", "i.e", "eg", "ie", "cf", "viz", "al", "approx", "ca", "resp", "incl", "esp", "ed", "eds", "trans",
            "z.b", "d.h", "u.a", "o.ä", "s.o", "s.u", "bzw", "vgl", "ggf", "evtl", "usf", "sog", "abb", "abs", "bd", "hr", "fr", "frl", "hrsg", "inkl", "zzgl",
            "p.ex", "mme", "mlle", "m.m", "sr", "sra", "srta", "ud", "uds", "pág", "núm", "dott", "sig",
            "т.е", "т.д", "т.п", "г", "им", "ул", "стр", "рис",
        ],
        StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> AlwaysBySpan = Always.GetAlternateLookup<ReadOnlySpan<char>>();

    // Only before a number: "No. 5", but "I said no. Then".
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> BeforeNumberBySpan = FrozenSet.ToFrozenSet(
        ["no", "nos", "nr", "fig", "figs", "eq", "eqs", "sec", "ch", "vol", "vols", "p", "pp", "s", "kap", "tab", "app", "op", "v", "ver", "art", "para", "§",
            "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "c", "b", "ext", "tel"],
        StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly string[] Months =
    [
        "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember", "Jänner",
    ];

    public static bool Contains(ReadOnlySpan<char> word, bool nextIsDigit) =>
        word.Length <= Longest && (AlwaysBySpan.Contains(word) || (nextIsDigit && BeforeNumberBySpan.Contains(word)));

    public static bool StartsWithMonth(ReadOnlySpan<char> text)
    {
        foreach (var month in Months)
        {
            if (text.StartsWith(month, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
