namespace Rag.Core.Indexing.Analysis;

/// <summary>Turns text into terms, the same way for documents and queries. Thread-safe, deterministic across machines and versions of .NET.</summary>
public interface IAnalyzer
{
    /// <summary>Name and version, for example <c>en-1</c>; stored beside every term that it made.</summary>
    string Version { get; }

    /// <summary>Appends the terms of <paramref name="text"/> in order, with the place each came from; stop words are left out.</summary>
    void Analyze(string text, ICollection<AnalyzedTerm> terms);
}

/// <summary>One term.</summary>
/// <param name="Hash">Stable 64-bit hash of the normalised term.</param>
/// <param name="Start">First code unit of the word in the analysed text.</param>
/// <param name="End">One past the last.</param>
public readonly record struct AnalyzedTerm(long Hash, int Start, int End);

/// <summary>One entry of a chunk's stored terms.</summary>
public readonly record struct TermFrequency(long Hash, int Frequency);
