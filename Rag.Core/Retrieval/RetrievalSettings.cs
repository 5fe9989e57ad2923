namespace Rag.Core.Retrieval;

/// <summary>How a collection is searched when a request does not say.</summary>
public sealed record RetrievalSettings
{
    /// <summary>Null: the installation's default.</summary>
    public SearchMode? Mode { get; init; }
}

/// <summary>Which retrievers run.</summary>
public enum SearchMode
{
    /// <summary>BM25 over analysed terms.</summary>
    Lexical,

    /// <summary>Exact nearest neighbours over embeddings.</summary>
    Dense,

    /// <summary>Both, fused.</summary>
    Hybrid,
}
