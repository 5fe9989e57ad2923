using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Rag.Web.Tests.StandIn;

/// <summary>Everything the stand-in keeps, and the handles that tests pull.</summary>
internal sealed class StandInState : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<StandInEvent> _events = [];
    private readonly CancellationTokenSource _stopped = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConcurrentDictionary<string, StandInCollection> Collections { get; } = new(StringComparer.Ordinal);

    public ConcurrentDictionary<string, string> Sessions { get; } = new(StringComparer.Ordinal);

    public ConcurrentDictionary<Guid, StandInKey> Keys { get; } = new();

    public ConcurrentDictionary<string, bool> Links { get; } = new() { [StandInApi.OneTimeLink] = true };

    /// <summary>Keys by the Idempotency-Key that they were made with.</summary>
    public ConcurrentDictionary<string, StandInKey> KeysOnce { get; } = new(StringComparer.Ordinal);

    /// <summary>How long removing a collection takes; null: no time.</summary>
    public TimeSpan? RemovalTime { get; set; }

    /// <summary>Set when an upload broke off on its way.</summary>
    public TaskCompletionSource UploadBroken { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What is seen of requests: method, path and headers.</summary>
    public ConcurrentQueue<(string Method, string Path, Dictionary<string, string> Headers)> Requests { get; } = new();

    /// <summary>While set, every request but health is answered 503.</summary>
    public bool Away { get; set; }

    /// <summary>While set, no key is looked at for so many seconds.</summary>
    public int? SignInsRefusedFor { get; set; }

    /// <summary>Since when the whole queue is paused.</summary>
    public DateTimeOffset? Paused { get; set; }

    /// <summary>While set, a document waits in processing.</summary>
    public TaskCompletionSource? HoldProcessing { get; set; }

    /// <summary>While set, an answer waits after its first sentence.</summary>
    public TaskCompletionSource? HoldAnswer { get; set; }

    /// <summary>Set when the other side ended an answer or event stream before its end.</summary>
    public TaskCompletionSource StreamCancelled { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Replaces the answer's text; null: quotes from the documents.</summary>
    public string? Answer { get; set; }

    public string ChatModel { get; set; } = "extractive";

    public CancellationToken Stopped => _stopped.Token;

    public void Stop() => _stopped.Cancel();

    public void Dispose() => _stopped.Dispose();

    public void Publish(StandInCollection collection, StandInDocument document, string? status = null)
    {
        lock (_gate)
        {
            _events.Add(new StandInEvent(_events.Count + 1, collection.Name, document.Id, document.Name, status ?? document.Status, document.Stage, document.Progress, document.Problem, DateTimeOffset.UtcNow));
            var changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            changed.SetResult();
        }
    }

    public (IReadOnlyList<StandInEvent> Events, Task Changed) EventsAfter(long seq)
    {
        lock (_gate)
        {
            return ([.. _events.Where(x => x.Seq > seq)], _changed.Task);
        }
    }

    public long LastSeq
    {
        get
        {
            lock (_gate)
            {
                return _events.Count;
            }
        }
    }

    public StandInCollection AddCollection(string name, string description = "") =>
        Collections[name] = new StandInCollection { Name = name, Description = description };

    /// <summary>A document that is ready at once.</summary>
    public StandInDocument AddDocument(string collection, string name, string text, Action<StandInDocument>? change = null)
    {
        var document = new StandInDocument { Name = name, Original = Encoding.UTF8.GetBytes(text), Text = text, Status = "ready", Progress = 100, Generation = 1 };
        change?.Invoke(document);
        Collections[collection].Documents[document.Id] = document;
        return document;
    }
}

internal sealed class StandInCollection
{
    public Guid Id { get; } = Guid.CreateVersion7();

    public required string Name { get; init; }

    public string Description { get; init; } = "";

    public DateTimeOffset Created { get; } = DateTimeOffset.UtcNow;

    public DateTimeOffset? Paused { get; set; }

    public ConcurrentDictionary<Guid, StandInDocument> Documents { get; } = new();

    public object Shape() => new
    {
        Id, Name, Description,
        language = "en",
        chunking = new { targetTokens = 400, maxTokens = 800, overlapTokens = 40 },
        retrieval = new { mode = (string?)null },
        documents = new { total = Documents.Count, queued = Count("queued"), processing = Count("processing"), ready = Count("ready"), failed = Count("failed") },
        chunks = Documents.Values.Sum(static x => x.Text is null ? 0 : x.Text.Split("\n\n").Length),
        sizeBytes = Documents.Values.Sum(static x => x.Original.LongLength),
        Created,
        updated = Created,
    };

    private int Count(string status) => Documents.Values.Count(x => x.Status == status);
}

internal sealed class StandInDocument
{
    public Guid Id { get; } = Guid.CreateVersion7();

    public required string Name { get; init; }

    public string? SourceId { get; init; }

    public string? Title { get; set; }

    public required byte[] Original { get; init; }

    public string MediaType { get; init; } = "text/plain";

    public string? Text { get; set; }

    public string Status { get; set; } = "queued";

    public string? Stage { get; set; }

    public int Progress { get; set; }

    public StandInProblem? Problem { get; set; }

    public long? Generation { get; set; }

    public int? Pages { get; set; }

    public string[] Warnings { get; set; } = [];

    public int Attempts { get; set; }

    public Guid JobId { get; set; } = Guid.CreateVersion7();

    /// <summary>Its failed job was.</summary>
    public bool Discarded { get; set; }

    public DateTimeOffset Created { get; init; } = DateTimeOffset.UtcNow;

    public object Shape(string collection) => new
    {
        Id, collection,
        sourceId = SourceId ?? "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Original)),
        Name, Title, MediaType,
        metadata = new { },
        Status, Stage, Progress, Problem,
        searchable = Generation is not null,
        Generation,
        chunks = Text?.Split("\n\n").Length ?? 0,
        Pages,
        sizeBytes = Original.LongLength,
        sha256 = Convert.ToHexStringLower(SHA256.HashData(Original)),
        Warnings, Attempts, Created,
        updated = Created,
        readyAt = Generation is null ? (DateTimeOffset?)null : Created,
    };
}

internal sealed record StandInProblem(string Code, string Message);

internal sealed record StandInEvent(long Seq, string Collection, Guid DocumentId, string Name, string Status, string? Stage, int Progress, StandInProblem? Problem, DateTimeOffset At);

internal sealed record StandInKey(Guid Id, string Name, string[] Scopes, string[]? Collections, DateTimeOffset Created, DateTimeOffset? Expires, DateTimeOffset? LastUsed, bool Bootstrap);
