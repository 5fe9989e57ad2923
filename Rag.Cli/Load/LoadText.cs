using System.Globalization;
using System.Text;

namespace Rag.Cli.Load;

/// <summary>Text and queries for a load test; the same seed gives the same.</summary>
internal static class LoadText
{
    private const int SentencesPerDocument = 120;
    private const int FewestWords = 3;
    private const int MostWords = 7;

    private static readonly string[] Nouns =
    [
        "harbour", "lantern", "ledger", "orchard", "turbine", "archive", "bridge", "compass", "furnace", "glacier", "hinge", "island", "kettle", "library", "market", "needle",
        "oven", "pier", "quarry", "reservoir", "signal", "tannery", "valve", "warehouse", "anchor", "bakery", "canal", "depot", "engine", "ferry", "granary", "hospital",
    ];

    private static readonly string[] Verbs =
        ["feeds", "guards", "crosses", "measures", "supplies", "replaces", "follows", "lights", "records", "carries", "protects", "divides", "warms", "connects", "inspects", "closes"];

    private static readonly string[] Qualities =
        ["northern", "quiet", "narrow", "ancient", "heavy", "seasonal", "public", "frozen", "painted", "wooden", "remote", "steep", "shallow", "repaired", "hidden", "busy"];

    /// <summary>A few thousand words in paragraphs.</summary>
    public static string Document(Random random)
    {
        var text = new StringBuilder();
        for (var i = 0; i < SentencesPerDocument; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"The {Of(Qualities)} {Of(Nouns)} {Of(Verbs)} the {Of(Qualities)} {Of(Nouns)} number {random.Next(1000)} near the {Of(Nouns)}.").Append(i % 6 == 5 ? "\n\n" : " ");
        }

        return text.ToString();

        string Of(string[] words) => words[random.Next(words.Length)];
    }

    /// <summary>Runs of a few words out of passages; passages with fewer give none.</summary>
    public static IReadOnlyList<string> Queries(IReadOnlyList<string> passages, int count, Random random)
    {
        List<string[]> words = [.. passages.Select(static passage => passage.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Where(static all => all.Length >= FewestWords)];
        return words.Count == 0 ? [] : [.. Enumerable.Range(0, count).Select(_ => Draw(words[random.Next(words.Count)]))];

        string Draw(string[] all)
        {
            var length = Math.Min(all.Length, random.Next(FewestWords, MostWords + 1));
            var first = random.Next(all.Length - length + 1);
            return string.Join(' ', all[first..(first + length)]);
        }
    }
}
