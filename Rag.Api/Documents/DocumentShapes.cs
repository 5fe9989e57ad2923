using System.Text.Json.Nodes;
using Rag.Core.Documents;

namespace Rag.Api.Documents;

internal sealed record DocumentAnswer(
    Guid Id,
    string Collection,
    string SourceId,
    string Name,
    string? Title,
    string? MediaType,
    JsonObject Metadata,
    DocumentStatus Status,
    string? Stage,
    int Progress,
    Problem? Problem,
    bool Searchable,
    long? Generation,
    int Chunks,
    int? Pages,
    long SizeBytes,
    string Sha256,
    OriginalState Original,
    IReadOnlyList<string> Warnings,
    int Attempts,
    DateTimeOffset Created,
    DateTimeOffset Updated,
    DateTimeOffset? ReadyAt)
{
    public static DocumentAnswer Of(Document document, Collection collection) => new(
        document.Id.Value,
        collection.Name,
        document.SourceId,
        document.Name,
        document.Title,
        document.MediaType,
        document.Metadata,
        document.Status,
        document.Stage,
        document.Progress,
        document.Problem,
        document.ActiveGeneration is not null,
        document.ActiveGeneration,
        document.Chunks,
        document.Pages,
        document.SizeBytes,
        Convert.ToHexStringLower(document.Sha256.Span),
        document.Original,
        document.Warnings,
        document.Attempts,
        document.Created,
        document.Updated,
        document.ReadyAt);
}

internal sealed record TextDocumentRequest(
    string? Text = null, string? Title = null, string? Name = null, string? SourceId = null, JsonObject? Metadata = null, string? Url = null);

internal sealed record UpdateDocumentRequest(string? Title = null, JsonObject? Metadata = null);

internal sealed record DeleteDocumentsRequest(IReadOnlyList<Guid> Ids);

internal sealed record DeletedAnswer(int Deleted);

internal sealed record SubmissionAnswer(IReadOnlyList<SubmittedItem> Items);

internal sealed record SubmittedItem(string Name, SubmittedStatus Status, Guid? Id, Problem? Problem);

internal enum SubmittedStatus
{
    Queued,
    Unchanged,
    Rejected,
}

internal sealed record TextAnswer(Guid DocumentId, long Generation, string Text, int Length, int Start);

internal sealed record ChunkAnswer(
    Guid Id, int Ordinal, int Start, int End, string Text, IReadOnlyList<string> Headings, int? Page, int Tokens, string Kind);

internal sealed record DocumentEventData(
    long Seq, Guid DocumentId, string Name, string Status, string? Stage, int Progress, Problem? Problem, DateTimeOffset At);
