using Rag.Core.Indexing.Analysis;

namespace Rag.Core.Retrieval;

/// <summary>
/// What a query is analysed by: the versions that made the collection's terms, whatever its language is set to and whatever the newest
/// version is. Words analysed in another way than the documents were would silently find nothing.
/// </summary>
/// <param name="Main">What stages after retrieval go by: the newest one where documents have it.</param>
/// <param name="Others">The rest of those that documents have.</param>
/// <param name="Notice">What the person who searches should know; null when all is as it should be.</param>
internal sealed record StoredAnalyzers(IAnalyzer Main, IReadOnlyList<IAnalyzer> Others, string? Notice)
{
    /// <summary>Chooses.</summary>
    /// <param name="language">The collection's.</param>
    /// <param name="stored">Versions that its documents have.</param>
    /// <param name="find">Null for a version that there is no longer.</param>
    public static StoredAnalyzers For(string language, IReadOnlyList<string> stored, Func<string, IAnalyzer?> find)
    {
        var newest = Analyzers.ForLanguage(language);
        if (stored.All(version => version == newest.Version))
        {
            return new StoredAnalyzers(newest, [], Notice: null);
        }

        var known = stored.Select(find).OfType<IAnalyzer>().ToList();
        var main = stored.Contains(newest.Version) || known.Count == 0 ? newest : known[0];
        var unknown = stored.Where(version => find(version) is null).ToList();
        var notice = unknown.Count > 0
            ? $"Some documents were analysed by {string.Join(", ", unknown)}, which this version does not have, so words do not find them. Reprocess them."
            : $"Some documents were analysed by {string.Join(", ", stored.Where(version => version != newest.Version))} and not by {newest.Version}, so words may find them less well. Reprocess them.";
        return new StoredAnalyzers(main, [.. known.Where(analyzer => analyzer.Version != main.Version)], notice);
    }
}
