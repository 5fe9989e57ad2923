using System.Collections.Frozen;

namespace Rag.Core.Indexing.Analysis;

/// <summary>The analyzers there are. A language without one of its own is cut into folded words without stemming (<c>xx-1</c>).</summary>
public static class Analyzers
{
    /// <summary>The analyzer for languages that have none of their own.</summary>
    public static IAnalyzer Standard { get; } = new LanguageAnalyzer("xx-1", FrozenSet<string>.Empty);

    private static readonly FrozenDictionary<string, IAnalyzer> ByVersion = new IAnalyzer[]
    {
        Standard,
        new LanguageAnalyzer("en-1", StopWords.English, EnglishStemmer.Stem),
        new LanguageAnalyzer("de-1", StopWords.German, GermanStemmer.Stem, keepUmlauts: true),
        new LanguageAnalyzer("ru-1", StopWords.Russian, RussianStemmer.Stem),
        new LanguageAnalyzer("zh-1", FrozenSet<string>.Empty),
        new LanguageAnalyzer("ja-1", FrozenSet<string>.Empty),
        new LanguageAnalyzer("ko-1", FrozenSet<string>.Empty),
    }.ToFrozenDictionary(static a => a.Version, StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, IAnalyzer> ByLanguage = ByVersion.Values
        .ToFrozenDictionary(static a => a.Version[..a.Version.IndexOf('-', StringComparison.Ordinal)], StringComparer.OrdinalIgnoreCase);

    /// <summary>Versions that <see cref="ForVersion"/> knows.</summary>
    public static IReadOnlyCollection<string> Versions => ByVersion.Keys;

    /// <summary>The newest analyzer of a language given as ISO 639-1 code, with or without a region (<c>en</c>, <c>de-AT</c>).</summary>
    public static IAnalyzer ForLanguage(string language)
    {
        ArgumentNullException.ThrowIfNull(language);
        var separator = language.AsSpan().IndexOfAny('-', '_');
        var primary = separator < 0 ? language : language[..separator];
        return ByLanguage.GetValueOrDefault(primary, Standard);
    }

    /// <summary>The analyzer that made stored terms.</summary>
    /// <exception cref="RagException"><c>analyzer-unknown</c>: the terms were made by another version of the product.</exception>
    public static IAnalyzer ForVersion(string version) => Find(version)
            ?? throw new RagException("analyzer-unknown", $"There is no analyzer '{version}'; there are {string.Join(", ", Versions.Order(StringComparer.Ordinal))}. Reprocess the documents.");

    /// <summary>As <see cref="ForVersion"/>; null for a version that this product does not have.</summary>
    public static IAnalyzer? Find(string version) => ByVersion.GetValueOrDefault(version);

    /// <summary>The terms of a text in order, in a list of their own.</summary>
    internal static IReadOnlyList<AnalyzedTerm> TermsOf(this IAnalyzer analyzer, string text)
    {
        var terms = new List<AnalyzedTerm>(text.Length / 8);
        analyzer.Analyze(text, terms);
        return terms;
    }
}
