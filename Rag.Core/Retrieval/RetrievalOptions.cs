using System.ComponentModel.DataAnnotations;
using Rag.Core.Indexing.Qdrant;

namespace Rag.Core.Retrieval;

/// <summary>Which index is searched and how when nobody says otherwise. Section <c>Rag:Index</c>.</summary>
public sealed class IndexOptions
{
    /// <summary>Section of the configuration.</summary>
    public const string Section = "Rag:Index";

    /// <summary>The index.</summary>
    public IndexProvider Provider { get; set; } = IndexProvider.Embedded;

    /// <summary>The mode of a search that names none, in a collection that names none.</summary>
    public SearchMode Mode { get; set; } = SearchMode.Lexical;

    /// <summary>How long a search waits for the index when the database is ahead of it.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:30")]
    public TimeSpan StaleWait { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>A collection that nobody has searched for so long leaves the memory; its next search loads it again.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan UnloadAfter { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Key of the index, where it asks for one; else the one of its connection string.</summary>
    public string? ApiKey { get; set; }

    /// <summary>A file that holds nothing but the key; read with every request, so that it may be rotated.</summary>
    public string? ApiKeyFile { get; set; }

    /// <summary>For <see cref="IndexProvider.Qdrant"/>.</summary>
    public QdrantOptions Qdrant { get; set; } = new();
}

/// <summary>Where chunks are searched.</summary>
public enum IndexProvider
{
    /// <summary>In the memory of every API process.</summary>
    Embedded,

    /// <summary>In Qdrant, which all processes share.</summary>
    Qdrant,
}

/// <summary>How candidates are put in their final order. Section <c>Rag:Rerank</c>.</summary>
public sealed class RerankOptions
{
    /// <summary>Section of the configuration.</summary>
    public const string Section = "Rag:Rerank";

    /// <summary>The reranker.</summary>
    public RerankProvider Provider { get; set; } = RerankProvider.Lexical;
}

/// <summary>Who reranks.</summary>
public enum RerankProvider
{
    /// <summary>Nobody: the order of the index, or of the fusion, is final.</summary>
    None,

    /// <summary>By what BM25 does not see: words of the best passages, and how near the query's words stand.</summary>
    Lexical,
}
