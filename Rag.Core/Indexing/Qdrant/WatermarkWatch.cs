using Rag.Core.Documents;
using Rag.Core.Storage;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>
/// Has searches wait for the projector. Those that wait for the same collection share one reader of its watermark, which the projector's
/// signal wakes, so that many of them cost the database no more than one. Thread-safe.
/// </summary>
internal sealed class WatermarkWatch(Database database, StorageSignals signals)
{
    // For a signal that was lost; a search waits for some of these at least.
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private readonly Dictionary<CollectionId, Shared> _shared = [];

    /// <summary>Waits until the active version has applied change <paramref name="sequence"/>.</summary>
    /// <returns>False when it had not within <paramref name="atMost"/>, or that could not be read.</returns>
    public async Task<bool> WaitForAsync(CollectionId collection, long sequence, TimeSpan atMost, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(sequence);
        var shared = Join(collection, waiter);
        try
        {
            await waiter.Reached.Task.WaitAsync(atMost, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
        finally
        {
            Leave(collection, shared, waiter);
        }
    }

    private Shared Join(CollectionId collection, Waiter waiter)
    {
        lock (_lock)
        {
            if (!_shared.TryGetValue(collection, out var shared))
            {
                _shared[collection] = shared = new Shared();
                // It serves others too: not in the trace of the search that happened to come first.
                using var apart = ExecutionContext.SuppressFlow();
                _ = Task.Run(() => FollowAsync(collection, shared));
            }

            shared.Waiters.Add(waiter);
            // A read that began before may be too old for whoever has come.
            shared.Wake.Set();
            return shared;
        }
    }

    private void Leave(CollectionId collection, Shared shared, Waiter waiter)
    {
        lock (_lock)
        {
            shared.Waiters.Remove(waiter);
            if (shared.Waiters.Count == 0)
            {
                // The reader ends; whoever comes next begins another.
                _shared.Remove(collection);
                shared.Wake.Set();
            }
        }
    }

    private async Task FollowAsync(CollectionId collection, Shared shared)
    {
        var payload = collection.ToString();
        using var subscription = signals.Subscribe(StorageChannels.IndexProjected, signalled =>
        {
            if (signalled.Length == 0 || signalled == payload)
            {
                shared.Wake.Set();
            }
        });
        while (true)
        {
            await shared.Wake.WaitAsync(PollInterval, CancellationToken.None);
            lock (_lock)
            {
                if (shared.Waiters.Count == 0)
                {
                    return;
                }
            }

            var watermark = await ReadAsync(collection);
            lock (_lock)
            {
                foreach (var waiter in shared.Waiters)
                {
                    if (waiter.Sequence <= watermark)
                    {
                        waiter.Reached.TrySetResult();
                    }
                }
            }
        }
    }

    private async Task<long> ReadAsync(CollectionId collection)
    {
        try
        {
            return await database.ReadAsync(
                (connection, token) => connection.Sql(
                        """
                        select coalesce((
                            select i.watermark from index_collections i join index_versions v on v.id = i.version_id
                            where v.provider = $1 and v.state = 'active' and i.collection_id = $2 and i.loaded), -1)
                        """,
                        Projection.Provider,
                        collection.Value)
                    .ScalarAsync<long>(token),
                CancellationToken.None);
        }
        catch (Exception)
        {
            // Whoever waits is told that it did not come in time, whatever the reason; the reader must outlive it.
            return -1;
        }
    }

    private sealed class Waiter(long sequence)
    {
        public long Sequence { get; } = sequence;

        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Shared
    {
        public List<Waiter> Waiters { get; } = [];

        public Pulse Wake { get; } = new();
    }
}
