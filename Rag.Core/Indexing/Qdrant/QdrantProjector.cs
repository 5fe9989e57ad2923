using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Rag.Core.Embedding;
using Rag.Core.Storage;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>
/// Runs the <see cref="Projection"/> in one process at a time: whoever holds an advisory lock, on a connection of its own that ends with
/// the process. A former holder that does not know yet is kept out by the <see cref="ProjectionFence"/>.
/// </summary>
internal sealed partial class QdrantProjector(
    NpgsqlDataSource source,
    StorageReadiness readiness,
    StorageSignals signals,
    Projection projection,
    Reconciliation reconciliation,
    ProjectionBooks books,
    IndexVersions allVersions,
    ProjectionFence fence,
    QdrantClient qdrant,
    QdrantOptions options,
    ProjectionMonitor monitor,
    TimeProvider time,
    ILogger<QdrantProjector> logger,
    IEmbedder? embedder) : BackgroundService
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(5);
    // Longer than any search that began before the switch.
    private static readonly TimeSpan RetiredAge = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LeastBuilding = TimeSpan.FromSeconds(1);

    private readonly Pulse _wake = new();
    private long _compared = time.GetTimestamp();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await readiness.WaitAsync(stoppingToken);
        using var subscription = signals.Subscribe(StorageChannels.IndexChanges, _ => _wake.Set());
        var wait = PollInterval;
        var isAway = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await HoldAsync(
                    () =>
                    {
                        wait = PollInterval;
                        isAway = false;
                        Tell();
                    },
                    stoppingToken);
                // Another process has the lock.
                monitor.Worked();
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (ProjectorReplacedException)
            {
                LogReplaced();
                monitor.Worked();
            }
            catch (Exception e)
            {
                // The loop outlives whatever one round meets. Said once per outage.
                if (!isAway)
                {
                    LogInterrupted(e.Message);
                }

                isAway = true;
                monitor.Failed();
                wait = wait * 2 < MaxWait ? wait * 2 : MaxWait;
            }

            await Task.Delay(wait, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // One collection that cannot be written is an index that cannot be written, for whoever reads the gauge.
    private void Tell()
    {
        if (projection.IsFailing)
        {
            monitor.Failed();
        }
        else
        {
            monitor.Worked();
        }
    }

    private async Task HoldAsync(Action onProgress, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        if (!await connection.TryLockAsync(AdvisoryLocks.Projector, cancellationToken))
        {
            return;
        }

        try
        {
            var epoch = await allVersions.TakeOverAsync(Projection.Provider, cancellationToken);
            var prepared = new HashSet<string>(StringComparer.Ordinal);
            while (true)
            {
                // Fails when the connection, and with it the lock, is gone.
                await connection.Sql("select 1").RunAsync(cancellationToken);
                var versions = await allVersions.ListAsync(Projection.Provider, epoch, cancellationToken);
                var did = await RoundAsync(versions, prepared, cancellationToken);
                did |= await ReconcileAsync(versions.Find(static v => v.IsActive), cancellationToken);
                if (!did)
                {
                    await _wake.WaitAsync(PollInterval, cancellationToken);
                }

                onProgress();
            }
        }
        finally
        {
            // A pooled connection would keep the lock. When it broke, the server has let go of it.
            await connection.UnlockAsync();
        }
    }

    /// <summary>A little of a pass when its time has come. One that fails is left for the next time: nothing else must wait for it.</summary>
    /// <returns>Whether there is more of it.</returns>
    private async Task<bool> ReconcileAsync(IndexVersion? active, CancellationToken cancellationToken)
    {
        if (active is null || (!reconciliation.IsUnderWay && time.GetElapsedTime(_compared) < options.CompareInterval))
        {
            return false;
        }

        try
        {
            if (await reconciliation.StepAsync(active, cancellationToken))
            {
                return true;
            }
        }
        catch (Exception e) when (e is not ProjectorReplacedException && !cancellationToken.IsCancellationRequested)
        {
            reconciliation.GiveUp();
            LogNotCompared(e is RagException ? e.Message : $"{e.GetType().Name}: {e.Message}");
        }

        _compared = time.GetTimestamp();
        return false;
    }

    private async Task<bool> RoundAsync(List<IndexVersion> versions, HashSet<string> prepared, CancellationToken cancellationToken)
    {
        if (!versions.Exists(static v => v.IsActive))
        {
            await allVersions.CreateAsync(Projection.Provider, options.Prefix, embedder?.Space, cancellationToken);
            return true;
        }

        projection.Keep([.. versions.Select(static v => v.Id)]);
        var did = false;
        var began = time.GetTimestamp();
        ExceptionDispatchInfo? failure = null;
        foreach (var version in versions)
        {
            var isFailing = false;
            // What cannot be written in the searched one is no reason not to go on with the one that is to replace it, nor the other way round.
            try
            {
                await PrepareAsync(version, prepared, cancellationToken);
                did |= version.IsActive
                    ? await projection.RunAsync(version, atMost: null, cancellationToken)
                    : await BuildAsync(version, time.GetElapsedTime(began) * 2, cancellationToken);
            }
            catch (Exception e) when (e is not ProjectorReplacedException && !cancellationToken.IsCancellationRequested)
            {
                isFailing = true;
                failure ??= ExceptionDispatchInfo.Capture(e);
            }

            // For whoever asks for a new version: one that cannot be filled is to be replaced.
            isFailing |= projection.IsFailingIn(version.Id);
            if (isFailing != version.IsFailing)
            {
                await allVersions.FailingAsync(version, isFailing, cancellationToken);
            }
        }

        foreach (var (id, name) in await allVersions.RetiredAsync(Projection.Provider, RetiredAge, cancellationToken))
        {
            await qdrant.DropAsync(name, cancellationToken);
            await allVersions.RemoveAsync(id, cancellationToken);
        }

        failure?.Throw();
        return did;
    }

    /// <summary>Makes what is missing of the version's collection in Qdrant.</summary>
    private async Task PrepareAsync(IndexVersion version, HashSet<string> prepared, CancellationToken cancellationToken)
    {
        var isThere = await qdrant.ExistsAsync(version.Name, cancellationToken);
        if (isThere && !version.IsMade && await qdrant.CountAsync(version.Name, [], cancellationToken) > 0)
        {
            // Nothing was written before it was noted as made: what is in it is another's.
            throw new RagException("index-away", $"Qdrant has a collection '{version.Name}' that this database did not make. Rename or remove it, or set another Rag:Index:Qdrant:Prefix.");
        }

        if (!isThere)
        {
            // New, or lost: nothing of what the books say is there.
            await books.ResetAsync(version, cancellationToken);
            prepared.Remove(version.Name);
        }

        // Once after taking over: the one before may have been killed between the collection and its payload indexes.
        if (prepared.Add(version.Name))
        {
            await fence.RunAsync(version, token => qdrant.CreateAsync(version.Name, version.Dimensions, token), cancellationToken);
            await allVersions.MadeAsync(version, cancellationToken);
        }
    }

    /// <summary>
    /// Some more of the version that is to be searched next, and the switch when nothing is missing in it. The searched one gets its turn
    /// soon again, as people wait for it; but twice the time that it took is given to this one, which would never catch up else.
    /// </summary>
    private async Task<bool> BuildAsync(IndexVersion version, TimeSpan share, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var budget = share > LeastBuilding ? share : LeastBuilding;
        var did = false;
        while (budget - time.GetElapsedTime(began) is var left && left > TimeSpan.Zero && await projection.RunAsync(version, left, cancellationToken))
        {
            did = true;
        }

        if (await allVersions.ActivateAsync(version, cancellationToken) is { } changed)
        {
            LogActivated(version.Name);
            foreach (var collection in changed)
            {
                signals.Signal(StorageChannels.DocumentEvents, collection.ToString());
            }

            return true;
        }

        return did;
    }

    [LoggerMessage(3110, LogLevel.Warning, "The vector index cannot be written at the moment; this is tried again: {Reason}")]
    private partial void LogInterrupted(string reason);

    [LoggerMessage(3111, LogLevel.Information, "Another process writes the vector index now.")]
    private partial void LogReplaced();

    [LoggerMessage(3113, LogLevel.Warning, "What the vector index holds could not be compared with the database; this is tried again in its turn: {Reason}")]
    private partial void LogNotCompared(string reason);

    [LoggerMessage(3112, LogLevel.Information, "The vector index {Name} is complete and searched from now on.")]
    private partial void LogActivated(string name);
}
