using Rag.Core.Indexing.Analysis;

namespace Rag.Core.Retrieval;

/// <summary>Finds passages that say the same in nearly the same words, as copies and versions of one document do.</summary>
internal static class NearDuplicates
{
    // Four fifths of the runs of three words in common: a changed date or heading passes as a copy, a paragraph on the same matter does not.
    private const double Resemblance = 0.8;
    private const int RunLength = 3;

    /// <summary>The passages without those that repeat an earlier one.</summary>
    public static List<VerifiedChunk> Removed(IReadOnlyList<VerifiedChunk> chunks)
    {
        var kept = new List<VerifiedChunk>(chunks.Count);
        var seen = new List<HashSet<long>>(chunks.Count);
        foreach (var chunk in chunks)
        {
            var runs = Runs(chunk.Terms.Value);
            if (seen.TrueForAll(s => !Resemble(s, runs)))
            {
                kept.Add(chunk);
                seen.Add(runs);
            }
        }

        return kept;
    }

    private static bool Resemble(HashSet<long> a, HashSet<long> b)
    {
        if (Math.Min(a.Count, b.Count) < Resemblance * Math.Max(a.Count, b.Count))
        {
            return false;
        }

        var common = a.Count(b.Contains);
        return common >= Resemblance * (a.Count + b.Count - common);
    }

    private static HashSet<long> Runs(IReadOnlyList<AnalyzedTerm> terms)
    {
        var runs = new HashSet<long>();
        for (var i = 0; i < Math.Max(1, terms.Count - RunLength + 1); i++)
        {
            ulong hash = 0;
            for (var j = i; j < Math.Min(i + RunLength, terms.Count); j++)
            {
                hash = StableHash.Mix(hash ^ (ulong)terms[j].Hash);
            }

            runs.Add((long)hash);
        }

        return runs;
    }
}
