using System.Text.Json.Nodes;
using Rag.Core.Documents;

namespace Rag.Core.Retrieval;

/// <summary>A question to the index.</summary>
public sealed record SearchQuery
{
    /// <summary>Where to look.</summary>
    public required Collection Collection { get; init; }

    /// <summary>The query in words.</summary>
    public required string Text { get; init; }

    /// <summary>Passages wanted, 1 to 100; evaluation asks for more.</summary>
    public int Limit { get; init; } = 10;

    /// <summary>Null: the collection's setting, else the installation's.</summary>
    public SearchMode? Mode { get; init; }

    /// <summary>Null: every document.</summary>
    public MetadataFilter? Filter { get; init; }

    /// <summary>Most estimated tokens of evidence; null: no such bound. With a bound near-duplicates are left out too.</summary>
    public int? TokenBudget { get; init; }

    /// <summary>Most passages of one document; null: no such bound. With 1 the result ranks documents by their best passage.</summary>
    public int? PassagesPerDocument { get; init; }

    /// <summary>Leaves out passages that repeat a better one in nearly the same words.</summary>
    public bool WithoutNearDuplicates { get; init; }

    /// <summary>Whether the order is refined after retrieval; null: the installation's setting.</summary>
    public bool? Rerank { get; init; }
}

/// <summary>What was found, best first.</summary>
public sealed record SearchResult
{
    /// <summary>What was searched for.</summary>
    public string Query { get; init; } = "";

    /// <summary>Checked against the database: every passage belongs to an active generation.</summary>
    public required IReadOnlyList<Evidence> Evidence { get; init; }

    /// <summary>What really ran.</summary>
    public required SearchMode Mode { get; init; }

    /// <summary>True when the index had not yet caught up with the database after the allowed wait.</summary>
    public bool Stale { get; init; }

    /// <summary>Why less ran than was asked for, in words; else null.</summary>
    public string? Notice { get; init; }

    /// <summary>Inverse document frequency in the collection of each term of the query, by hash.</summary>
    internal IReadOnlyDictionary<long, double> TermWeights { get; init; } = new Dictionary<long, double>();

    /// <summary>Time of the whole search.</summary>
    public TimeSpan Total { get; init; }

    /// <summary>Part of it spent in the index.</summary>
    public TimeSpan Retrieve { get; init; }

    /// <summary>Part of it spent checking against the database.</summary>
    public TimeSpan Verify { get; init; }
}

/// <summary>One passage that may support an answer. Offsets are UTF-16 code units in the text of that generation, half-open.</summary>
public sealed record Evidence
{
    /// <summary>From 1, in order of relevance; what a citation names.</summary>
    public required int Number { get; init; }

    /// <summary>Its chunk.</summary>
    public required ChunkId Chunk { get; init; }

    /// <summary>Its document.</summary>
    public required DocumentId Document { get; init; }

    /// <summary>The generation that the offsets belong to.</summary>
    public required long Generation { get; init; }

    /// <summary>File name.</summary>
    public required string DocumentName { get; init; }

    /// <summary>Title, or null.</summary>
    public string? Title { get; init; }

    /// <summary>Source id.</summary>
    public required string SourceId { get; init; }

    /// <summary>Position of the chunk in its document.</summary>
    public required int Ordinal { get; init; }

    /// <summary>First code unit.</summary>
    public required int Start { get; init; }

    /// <summary>One past the last.</summary>
    public required int End { get; init; }

    /// <summary><c>text[Start..End)</c>.</summary>
    public required string Text { get; init; }

    /// <summary>Where it stands, outermost first.</summary>
    public IReadOnlyList<string> Headings { get; init; } = [];

    /// <summary>Page it starts on.</summary>
    public int? Page { get; init; }

    /// <summary>The document's metadata.</summary>
    public JsonObject Metadata { get; init; } = [];

    /// <summary>The score that decided the order.</summary>
    public required double Score { get; init; }

    /// <summary>Scores of each stage; null where a stage did not rank it.</summary>
    public required EvidenceScores Scores { get; init; }

    /// <summary>Words of the query in the passage; offsets in the document's text.</summary>
    public IReadOnlyList<TextSpan> Highlights { get; init; } = [];
}

/// <summary>Scores of the stages of retrieval.</summary>
/// <param name="Lexical">BM25.</param>
/// <param name="Dense">Cosine.</param>
/// <param name="Fused">Of the fusion.</param>
/// <param name="Rerank">Of the reranker.</param>
public sealed record EvidenceScores(double? Lexical, double? Dense, double? Fused, double? Rerank);

/// <summary>Half-open range of UTF-16 code units.</summary>
public readonly record struct TextSpan(int Start, int End);
