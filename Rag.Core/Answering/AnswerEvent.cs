using Rag.Core.Documents;
using Rag.Core.Retrieval;

namespace Rag.Core.Answering;

/// <summary>One step of an answer, in the order in which a reader may show them.</summary>
public abstract record AnswerEvent
{
    private AnswerEvent()
    {
    }

    /// <summary>Always first.</summary>
    public sealed record Found(SearchResult Result) : AnswerEvent;

    /// <summary>A checked citation; comes before the text that holds its marker.</summary>
    public sealed record Cited(Citation Citation) : AnswerEvent;

    /// <summary>More text. Holds a marker <c>[n]</c> only where a citation with that number came before.</summary>
    public sealed record Delta(string Text) : AnswerEvent;

    /// <summary>Always last unless the stream throws.</summary>
    /// <param name="AnswerFound">False: the evidence does not answer the question, and the text says so.</param>
    /// <param name="Model">Name of the model, or <c>extractive</c>.</param>
    /// <param name="Usage">As the model reported it.</param>
    /// <param name="Notice">Why another than the configured model answered, in words; else null.</param>
    public sealed record Done(bool AnswerFound, string Model, TokenUsage? Usage, string? Notice = null) : AnswerEvent;
}

/// <summary>A quotation that was found at its place: <c>text[Start..End) == Quote</c>.</summary>
public sealed record Citation
{
    /// <summary>Its marker, from 1 in order of first use.</summary>
    public required int Number { get; init; }

    /// <summary>Number of the evidence it stands in.</summary>
    public required int Evidence { get; init; }

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

    /// <summary>Page of the passage.</summary>
    public int? Page { get; init; }

    /// <summary>First code unit of the quotation in the document's text.</summary>
    public required int Start { get; init; }

    /// <summary>One past the last.</summary>
    public required int End { get; init; }

    /// <summary>The quotation.</summary>
    public required string Quote { get; init; }
}

/// <summary>Tokens as the model counted them.</summary>
public sealed record TokenUsage(long InputTokens, long OutputTokens);

/// <summary>A question with what was said before it.</summary>
public sealed record Question
{
    /// <summary>Where to look.</summary>
    public required Collection Collection { get; init; }

    /// <summary>The question in words.</summary>
    public required string Text { get; init; }

    /// <summary>Earlier turns, oldest first.</summary>
    public IReadOnlyList<Turn> History { get; init; } = [];

    /// <summary>Null: the collection's setting, else the installation's.</summary>
    public SearchMode? Mode { get; init; }

    /// <summary>Null: every document.</summary>
    public MetadataFilter? Filter { get; init; }
}

/// <summary>One earlier turn.</summary>
/// <param name="FromUser">Else the assistant's.</param>
/// <param name="Content">Its text.</param>
public sealed record Turn(bool FromUser, string Content);
