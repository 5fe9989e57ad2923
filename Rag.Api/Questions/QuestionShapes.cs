using System.Text.Json.Nodes;
using Rag.Core.Answering;
using Rag.Core.Retrieval;

namespace Rag.Api.Questions;

internal sealed record SearchRequest(string Query, int? Limit = null, SearchMode? Mode = null, JsonObject? Filter = null, int? TokenBudget = null, int? PassagesPerDocument = null);

internal sealed record SearchAnswer(
    string Query, SearchMode Mode, bool Stale, string? Notice, IReadOnlyList<EvidenceAnswer> Evidence, SearchTimes Took)
{
    public static SearchAnswer Of(string query, SearchResult result) => new(
        query,
        result.Mode,
        result.Stale,
        result.Notice,
        EvidenceAnswer.Of(result.Evidence),
        new SearchTimes(Milliseconds(result.Total), Milliseconds(result.Retrieve), Milliseconds(result.Verify)));

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);
}

internal sealed record SearchTimes(double TotalMs, double RetrieveMs, double VerifyMs);

internal sealed record EvidenceAnswer(
    int Number,
    Guid ChunkId,
    Guid DocumentId,
    long Generation,
    string DocumentName,
    string? Title,
    string SourceId,
    int Ordinal,
    int Start,
    int End,
    string Text,
    IReadOnlyList<string> Headings,
    int? Page,
    JsonObject Metadata,
    double Score,
    EvidenceScores Scores,
    IReadOnlyList<TextSpan> Highlights)
{
    public static IReadOnlyList<EvidenceAnswer> Of(IReadOnlyList<Evidence> evidence) => [.. evidence.Select(static item => new EvidenceAnswer(
        item.Number,
        item.Chunk.Value,
        item.Document.Value,
        item.Generation,
        item.DocumentName,
        item.Title,
        item.SourceId,
        item.Ordinal,
        item.Start,
        item.End,
        item.Text,
        item.Headings,
        item.Page,
        item.Metadata,
        item.Score,
        item.Scores,
        item.Highlights))];
}

internal sealed record AskRequest(string Question, JsonObject? Filter = null, SearchMode? Mode = null, IReadOnlyList<TurnRequest>? History = null);

internal sealed record TurnRequest(TurnRole Role, string Content);

internal enum TurnRole
{
    User,
    Assistant,
}

internal sealed record AskAnswer(
    string Question,
    string Answer,
    bool Found,
    string Model,
    IReadOnlyList<CitationAnswer> Citations,
    IReadOnlyList<EvidenceAnswer> Evidence,
    bool Stale,
    string? Notice,
    TokenUsage? Usage);

internal sealed record CitationAnswer(
    int Number,
    int Evidence,
    Guid DocumentId,
    long Generation,
    Guid ChunkId,
    string DocumentName,
    string? Title,
    int? Page,
    int Start,
    int End,
    string Quote)
{
    public static CitationAnswer Of(Citation citation) => new(
        citation.Number,
        citation.Evidence,
        citation.Document.Value,
        citation.Generation,
        citation.Chunk.Value,
        citation.DocumentName,
        citation.Title,
        citation.Page,
        citation.Start,
        citation.End,
        citation.Quote);
}

internal sealed record EvidenceEventData(IReadOnlyList<EvidenceAnswer> Evidence, SearchMode Mode, bool Stale, string? Notice);

internal sealed record DeltaEventData(string Text);

internal sealed record DoneEventData(bool Found, string Model, TokenUsage? Usage, string? Notice);
