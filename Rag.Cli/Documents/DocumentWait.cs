using System.Collections.Concurrent;
using System.Net;
using Rag.Client;

namespace Rag.Cli.Documents;

/// <summary>
/// Waits until documents are ready or failed. Events tell at once; a look at each open document every few seconds is the guarantee,
/// because a connection may break and the first events may have passed before it stood.
/// </summary>
/// <param name="client">The API.</param>
/// <param name="collection">Theirs.</param>
/// <param name="time">The clock of the looks.</param>
internal sealed class DocumentWait(RagClient client, string collection, TimeProvider time)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    private const int LooksPerRound = 400;
    private const int LooksAtOnce = 8;
    private const int MaxFailedRounds = 30;
    private const int RoundsUntilAskedForPauses = 4;

    private readonly ConcurrentDictionary<Guid, SentDocument> _open = new();
    private readonly ConcurrentQueue<SentDocument> _finished = new();
    private int _failedRounds;
    private bool _isPauseTold;

    /// <summary>Told once per document, from any thread.</summary>
    public Action<SentDocument>? OnFinished { get; init; }

    /// <summary>Told once when the work that is waited for is paused.</summary>
    public Action<string>? OnPaused { get; init; }

    public IReadOnlyCollection<SentDocument> Finished => _finished;

    /// <summary>Accepted, and neither ready nor failed as far as is known here.</summary>
    public IEnumerable<SentDocument> Open => _open.Values;

    public void Add(SentDocument document) => _open[document.Id!.Value] = document;

    /// <summary>Follows the collection's events while <paramref name="adding"/> adds documents, and returns when none is open any more.</summary>
    public async Task RunAsync(Func<Task> adding, CancellationToken cancellationToken)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var following = FollowAsync(done.Token);
        try
        {
            await adding();
            for (var round = 1; !_open.IsEmpty; round++)
            {
                await TryLookAsync(cancellationToken);
                if (round % RoundsUntilAskedForPauses == 0)
                {
                    await TryTellPauseAsync(cancellationToken);
                }

                // Short waits while events shrink the list, so that the command ends as soon as the work does.
                for (var waited = TimeSpan.Zero; waited < LookEvery && !_open.IsEmpty; waited += TimeSpan.FromMilliseconds(100))
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellationToken);
                }
            }
        }
        finally
        {
            await done.CancelAsync();
            await following;
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        long? last = null;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var change in client.FollowEventsAsync(collection, last, cancellationToken))
                {
                    if (change is CollectionEvent.DocumentChanged document)
                    {
                        last = document.Seq;
                        Settle(document.DocumentId, document.Status, document.Problem);
                    }
                }

                await Task.Delay(TimeSpan.FromSeconds(1), time, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception exception) when (exception is RagApiException or IOException or HttpRequestException)
            {
                // The looks go on without events; try the stream again in a moment.
                await Task.Delay(LookEvery, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>The documents are safe with the API, so a restart of it is waited for; one that stays away is not.</summary>
    private async Task TryLookAsync(CancellationToken cancellationToken)
    {
        try
        {
            await LookAsync(cancellationToken);
            _failedRounds = 0;
        }
        catch (RagApiException exception)
            when (exception.Code == RagApiException.Unreachable || exception.Status is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests)
        {
            if (++_failedRounds > MaxFailedRounds)
            {
                throw;
            }
        }
    }

    private async Task TryTellPauseAsync(CancellationToken cancellationToken)
    {
        if (_isPauseTold)
        {
            return;
        }

        try
        {
            var queue = await client.GetQueueAsync(cancellationToken);
            var isOne = queue.Collections.Any(one => one.Name == collection && one.Paused is not null);
            if (queue.Paused is not null || isOne)
            {
                _isPauseTold = true;
                OnPaused?.Invoke(queue.Paused is not null
                    ? "The queue is paused: nothing is begun until somebody resumes it ('./rag jobs resume')."
                    : $"The collection is paused: nothing of it is begun until somebody resumes it ('./rag jobs resume -c {collection}').");
            }
        }
        catch (RagApiException)
        {
            // Only a hint; the look that comes next says what is the matter.
        }
    }

    private Task LookAsync(CancellationToken cancellationToken)
    {
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = LooksAtOnce, CancellationToken = cancellationToken };
        return Parallel.ForEachAsync(_open.Take(LooksPerRound).ToArray(), parallel, async (open, token) =>
        {
            try
            {
                var document = await client.GetDocumentAsync(collection, open.Key, token);
                Settle(open.Key, document.Status, document.Problem);
            }
            catch (RagApiException exception) when (exception.Code == "document-not-found")
            {
                Settle(open.Key, DocumentStatus.Deleted, problem: null);
            }
        });
    }

    private void Settle(Guid id, DocumentStatus status, Problem? problem)
    {
        if (!_open.TryGetValue(id, out var sent))
        {
            return;
        }

        switch (status)
        {
            case DocumentStatus.Ready:
                Finish(id, sent with { State = SentState.Ready });
                break;
            case DocumentStatus.Failed:
                Finish(id, sent with { State = SentState.Failed, Reason = problem is null ? "failed without a reason" : $"{problem.Code}: {problem.Message}" });
                break;
            case DocumentStatus.Deleted:
                Finish(id, sent with { State = SentState.Failed, Reason = "deleted: Someone deleted it meanwhile." });
                break;
        }
    }

    private void Finish(Guid id, SentDocument document)
    {
        if (_open.TryRemove(id, out _))
        {
            _finished.Enqueue(document);
            OnFinished?.Invoke(document);
        }
    }
}
