using System.Text.Json.Nodes;

namespace Rag.Client;

/// <summary>A search.</summary>
/// <param name="Query">In words.</param>
/// <param name="Limit">1 to 100; null: 10.</param>
/// <param name="Mode">Null: the collection's setting.</param>
/// <param name="Filter">Over metadata, see docs/api.md.</param>
/// <param name="TokenBudget">Most estimated tokens of evidence.</param>
/// <param name="PassagesPerDocument">Most passages of one document; with 1 the result ranks documents.</param>
public sealed record SearchRequest(string Query, int? Limit = null, SearchMode? Mode = null, JsonObject? Filter = null, int? TokenBudget = null, int? PassagesPerDocument = null);

/// <summary>What was found, best first.</summary>
public sealed record SearchResponse
{
    /// <summary>As asked.</summary>
    public required string Query { get; init; }

    /// <summary>What really ran.</summary>
    public required SearchMode Mode { get; init; }

    /// <summary>The index had not caught up yet.</summary>
    public bool Stale { get; init; }

    /// <summary>Why less ran than was asked for.</summary>
    public string? Notice { get; init; }

    /// <summary>Best first.</summary>
    public required IReadOnlyList<Evidence> Evidence { get; init; }

    /// <summary>Where the time went.</summary>
    public required SearchTimes Took { get; init; }
}

/// <summary>Milliseconds of a search.</summary>
public sealed record SearchTimes(double TotalMs, double RetrieveMs, double VerifyMs);

/// <summary>One passage. Offsets are UTF-16 code units in the text of that generation, half-open.</summary>
public sealed record Evidence
{
    /// <summary>From 1, best first.</summary>
    public required int Number { get; init; }

    /// <summary>Its chunk.</summary>
    public required Guid ChunkId { get; init; }

    /// <summary>Its document.</summary>
    public required Guid DocumentId { get; init; }

    /// <summary>What the offsets belong to.</summary>
    public required long Generation { get; init; }

    /// <summary>File name.</summary>
    public required string DocumentName { get; init; }

    /// <summary>Title.</summary>
    public string? Title { get; init; }

    /// <summary>Source id of the document.</summary>
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

    /// <summary>What decided the order.</summary>
    public required double Score { get; init; }

    /// <summary>By stage.</summary>
    public required EvidenceScores Scores { get; init; }

    /// <summary>Words of the query; offsets in the document's text.</summary>
    public IReadOnlyList<Highlight> Highlights { get; init; } = [];
}

/// <summary>Scores by stage; null where a stage did not rank the passage.</summary>
public sealed record EvidenceScores(double? Lexical, double? Dense, double? Fused, double? Rerank);

/// <summary>Half-open range in the document's text.</summary>
public sealed record Highlight(int Start, int End);

/// <summary>A question.</summary>
public sealed record AskRequest(string Question, JsonObject? Filter = null, SearchMode? Mode = null, IReadOnlyList<ChatTurn>? History = null);

/// <summary>One earlier turn of the conversation.</summary>
public sealed record ChatTurn(ChatRole Role, string Content);

/// <summary>Who said it.</summary>
public enum ChatRole
{
    /// <summary>The person.</summary>
    User,

    /// <summary>The product.</summary>
    Assistant,
}

/// <summary>An answer as a whole.</summary>
public sealed record AskResponse
{
    /// <summary>As asked.</summary>
    public required string Question { get; init; }

    /// <summary>With markers such as <c>[1]</c> for <see cref="Citations"/>.</summary>
    public required string Answer { get; init; }

    /// <summary>False: the documents do not answer it, and the answer says so.</summary>
    public required bool Found { get; init; }

    /// <summary>Name of the model, or <c>extractive</c>.</summary>
    public required string Model { get; init; }

    /// <summary>Checked quotations.</summary>
    public required IReadOnlyList<Citation> Citations { get; init; }

    /// <summary>What the answer was made from.</summary>
    public required IReadOnlyList<Evidence> Evidence { get; init; }

    /// <summary>The index had not caught up yet.</summary>
    public bool Stale { get; init; }

    /// <summary>Why less ran than was asked for.</summary>
    public string? Notice { get; init; }

    /// <summary>As the model counted.</summary>
    public TokenUsage? Usage { get; init; }
}

/// <summary>A checked quotation: <c>text[Start..End) == Quote</c> in that generation's text.</summary>
public sealed record Citation
{
    /// <summary>Its marker.</summary>
    public required int Number { get; init; }

    /// <summary>Number of the evidence it stands in.</summary>
    public required int Evidence { get; init; }

    /// <summary>Its document.</summary>
    public required Guid DocumentId { get; init; }

    /// <summary>What the offsets belong to.</summary>
    public required long Generation { get; init; }

    /// <summary>Its chunk.</summary>
    public required Guid ChunkId { get; init; }

    /// <summary>File name.</summary>
    public required string DocumentName { get; init; }

    /// <summary>Title.</summary>
    public string? Title { get; init; }

    /// <summary>Page.</summary>
    public int? Page { get; init; }

    /// <summary>First code unit.</summary>
    public required int Start { get; init; }

    /// <summary>One past the last.</summary>
    public required int End { get; init; }

    /// <summary>The quotation.</summary>
    public required string Quote { get; init; }
}

/// <summary>Tokens as the model counted them.</summary>
public sealed record TokenUsage(long InputTokens, long OutputTokens);

/// <summary>One step of a streamed answer.</summary>
public abstract record AskEvent
{
    private AskEvent()
    {
    }

    /// <summary>First: what the answer is made from.</summary>
    public sealed record Found(IReadOnlyList<Evidence> Evidence, SearchMode Mode, bool Stale, string? Notice) : AskEvent;

    /// <summary>More text.</summary>
    public sealed record Delta(string Text) : AskEvent;

    /// <summary>A checked citation; comes before the text with its marker.</summary>
    public sealed record Cited(Citation Citation) : AskEvent;

    /// <summary>Last.</summary>
    public sealed record Done(bool AnswerFound, string Model, TokenUsage? Usage, string? Notice = null) : AskEvent;
}

/// <summary>Something of a collection's event stream.</summary>
public abstract record CollectionEvent
{
    private CollectionEvent()
    {
    }

    /// <summary>A document changed.</summary>
    public sealed record DocumentChanged(
        long Seq,
        Guid DocumentId,
        string Name,
        DocumentStatus Status,
        string? Stage,
        int Progress,
        Problem? Problem,
        DateTimeOffset At) : CollectionEvent;

    /// <summary>What was missed is no longer kept: list the documents again.</summary>
    public sealed record Reset : CollectionEvent;
}
