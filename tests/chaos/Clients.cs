using System.Diagnostics;
using Rag.Client;

namespace Rag.Chaos;

/// <summary>Those who send documents, and those who search and ask meanwhile.</summary>
internal sealed class Clients(ChaosWorld world, Outcomes outcomes, IReadOnlyList<ChaosDocument> documents, int seed)
{
    public const string Collection = "harbour";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private int _next = -1;

    /// <summary>Takes one document after the other, each as soon as <paramref name="pace"/> lets it, and does all that is to happen to it.</summary>
    public async Task SendAsync(int number, SemaphoreSlim pace, CancellationToken cancellationToken)
    {
        var caller = new Caller(world, outcomes, seed + 100 + number);
        while (Interlocked.Increment(ref _next) is var next && next < documents.Count)
        {
            await pace.WaitAsync(cancellationToken);
            await SendAsync(caller, documents[next], cancellationToken);
        }
    }

    /// <summary>Asks for one thing after the other.</summary>
    public async Task ReadAsync(int number, CancellationToken cancellationToken)
    {
        var caller = new Caller(world, outcomes, seed + 200 + number);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await ReadOnceAsync(caller, cancellationToken);
                // People pause too.
                await Task.Delay(caller.Random.Next(100), cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task SendAsync(Caller caller, ChaosDocument document, CancellationToken cancellationToken)
    {
        foreach (var content in document.Contents)
        {
            var key = $"{document.SourceId}-{Guid.NewGuid():N}";
            var waited = Stopwatch.StartNew();
            var reply = await caller.InsistAsync(
                $"upload of {content.FileName}",
                202,
                (client, token) => client.UploadAsync(
                    Collection, [new UploadFile(content.FileName, new MemoryStream(content.Bytes))], new UploadOptions(document.SourceId, IdempotencyKey: key), cancellationToken: token),
                Patience,
                cancellationToken);
            if (reply?.Value is not { Items: [{ Id: { } id }] })
            {
                outcomes.Find($"{content.FileName} was not accepted: {reply?.Value?.Items[0].Problem}");
                return;
            }

            if (document.Id != Guid.Empty && document.Id != id)
            {
                outcomes.Find($"{document.SourceId} became two documents, {document.Id} and {id}.");
            }

            outcomes.Uploaded(waited.Elapsed);
            document.Id = id;
            document.Accept();
            // Half of them change when they are ready, the others while they are on their way.
            if (!document.IsFinal && caller.Random.Next(2) == 0)
            {
                await UntilAtRestAsync(caller, document, cancellationToken);
            }
        }

        if (document.Goes)
        {
            document.Deleting();
            if (await caller.InsistAsync($"deletion of {document.SourceId}", 204, (client, token) => DeleteAsync(client, document.Id, token), Patience, cancellationToken) is not null)
            {
                document.Deleted();
            }
        }
    }

    private static async Task UntilAtRestAsync(Caller caller, ChaosDocument document, CancellationToken cancellationToken)
    {
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < TimeSpan.FromSeconds(10);)
        {
            var reply = await caller.SendAsync("look at a document", 200, (client, token) => client.GetDocumentAsync(Collection, document.Id, token), cancellationToken);
            if (reply.Value is { Status: DocumentStatus.Ready or DocumentStatus.Failed })
            {
                return;
            }

            await Task.Delay(200, cancellationToken);
        }
    }

    private async Task ReadOnceAsync(Caller caller, CancellationToken cancellationToken)
    {
        // Taken before the request: what was deleted until now must not be shown.
        var deleted = documents.Where(static d => d.IsDeleted).Select(static d => d.Id).ToHashSet();
        var accepted = documents.Where(static d => d is { Accepted: { IsBroken: false }, IsDeleting: false }).ToList();
        if (accepted.Count == 0)
        {
            return;
        }

        var document = accepted[caller.Random.Next(accepted.Count)];
        var word = document.Accepted!.Word;
        switch (caller.Random.Next(10))
        {
            case 0:
                var answer = await caller.SendAsync("ask", 200, (client, token) => client.AskAsync(Collection, new AskRequest($"What does the {word} lighthouse have?"), token), cancellationToken);
                Shown("ask", answer.Value?.Evidence ?? [], deleted);
                break;
            case 1:
                var streamed = await caller.SendAsync("ask, streamed", 200, (client, token) => StreamAsync(client, word, token), cancellationToken);
                Shown("ask, streamed", streamed.Value ?? [], deleted);
                break;
            case 2:
                var page = await caller.SendAsync("list", 200, (client, token) => client.ListDocumentsAsync(Collection, new DocumentQuery(Limit: 200), token), cancellationToken);
                Listed(page.Value?.Items ?? [], deleted);
                break;
            case 3 or 4 when document.IsFinal:
                var one = await caller.SendAsync("look at a document", 200, (client, token) => client.GetDocumentAsync(Collection, document.Id, token), cancellationToken);
                document.ReadyHash = one.Value is { Status: DocumentStatus.Ready } ready ? ready.Sha256 : document.ReadyHash;
                break;
            default:
                var wasReady = document is { IsFinal: true, ReadyHash: not null };
                var found = await caller.SendAsync("search", 200, (client, token) => client.SearchAsync(Collection, new SearchRequest(word), token), cancellationToken);
                Shown("search", found.Value?.Evidence ?? [], deleted);
                if (wasReady && found.Value is { Stale: false } response && response.Evidence.All(e => e.DocumentId != document.Id))
                {
                    outcomes.Find($"'{word}' of {document.SourceId}, which was ready, was not found, and the answer did not say that it is stale.");
                }

                break;
        }
    }

    private void Shown(string what, IReadOnlyList<Evidence> evidence, HashSet<Guid> deleted)
    {
        foreach (var one in evidence.Where(e => deleted.Contains(e.DocumentId)))
        {
            outcomes.Find($"{what} showed {one.SourceId} after it was deleted.");
        }
    }

    private void Listed(IReadOnlyList<Document> items, HashSet<Guid> deleted)
    {
        foreach (var one in items.Where(d => deleted.Contains(d.Id)))
        {
            outcomes.Find($"list showed {one.SourceId} after it was deleted.");
        }

        foreach (var twice in items.GroupBy(static d => d.SourceId, StringComparer.Ordinal).Where(static g => g.Count() > 1))
        {
            outcomes.Find($"list showed {twice.Key} twice.");
        }
    }

    private static async Task<IReadOnlyList<Evidence>> StreamAsync(RagClient client, string word, CancellationToken cancellationToken)
    {
        IReadOnlyList<Evidence> evidence = [];
        await foreach (var step in client.AskStreamAsync(Collection, new AskRequest($"What does the {word} lighthouse have?"), cancellationToken))
        {
            evidence = step is AskEvent.Found found ? found.Evidence : evidence;
        }

        return evidence;
    }

    private static async Task<bool> DeleteAsync(RagClient client, Guid id, CancellationToken cancellationToken)
    {
        await client.DeleteDocumentAsync(Collection, id, cancellationToken);
        return true;
    }
}
