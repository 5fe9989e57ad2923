using System.Diagnostics;
using Microsoft.Extensions.Options;
using Rag.Core;
using Rag.Core.Documents;
using Rag.Core.Jobs;
using Rag.Core.Storage;
using RagPlatform.ServiceDefaults.Health;

namespace Rag.Ingest;

/// <summary>Claims jobs and runs them, so many at a time as configured.</summary>
internal sealed partial class IngestWorker(
    JobQueue queue,
    WorkerPresence presence,
    IngestPipeline pipeline,
    StorageReadiness readiness,
    StorageSignals signals,
    Draining draining,
    IngestTelemetry telemetry,
    IOptions<JobOptions> options,
    ILogger<IngestWorker> logger) : BackgroundService
{
    private static readonly TimeSpan ReleaseTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await readiness.WaitAsync(stoppingToken);
        // The work outlives the wish to stop by the drain time.
        using var work = new CancellationTokenSource();
        await using var drain = stoppingToken.Register(() => work.CancelAfter(options.Value.DrainTime));
        var (count, most) = Shares.Of(options.Value.Concurrency, options.Value.PerCollection, Environment.ProcessorCount);
        LogStarted(logger, count);
        // Storing is mostly waiting for the database's disk: another document may be read meanwhile. So there are twice as many loops
        // as documents that are extracted and analysed at a time.
        using var slots = new SemaphoreSlim(count);
        using var shares = new Shares(most);
        var company = new Company();
        await Task.WhenAll(Enumerable.Range(0, 2 * count).Select(_ => LoopAsync(slots, shares, company, work.Token, stoppingToken)));
    }

    private async Task LoopAsync(SemaphoreSlim slots, Shares shares, Company company, CancellationToken workToken, CancellationToken stoppingToken)
    {
        // The method runs synchronously until its first real wait, and the loops must not wait for each other.
        await Task.Yield();
        var pulse = new Pulse();
        using var subscription = signals.Subscribe(StorageChannels.Jobs, _ => pulse.Set());
        var pause = options.Value.PollInterval;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                // Before the claim: a job that waits here would be one that an idle worker elsewhere cannot take.
                await slots.WaitAsync(stoppingToken);
                using var slot = new Slot(slots);
                using var place = await company.JoinAsync(stoppingToken);
                var job = draining.Started ? null : await shares.ClaimAsync(full => queue.ClaimAsync(presence.Name, full, stoppingToken), stoppingToken);
                pause = options.Value.PollInterval;
                if (job is not null)
                {
                    slot.BelongsTo(job.Collection, shares);
                    await ProcessAsync(job, slot, place, workToken);
                    continue;
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (RagException e)
            {
                LogClaimFailed(logger, e.Message);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
            catch (Exception e)
            {
                // Nothing is expected here, and that is why: a loop that ended silently would leave a worker that looks alive and works less.
                LogLoopFault(logger, FailureClassifier.Describe(e));
                pause = LongestPause;
            }

            try
            {
                await shares.WaitAsync(pulse, pause, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task ProcessAsync(ClaimedJob job, Slot slot, Company.Place place, CancellationToken workToken)
    {
        using var activity = telemetry.StartJob(job);
        await using var lease = new JobLease(queue, job, options.Value.Lease, workToken);
        try
        {
            if (job.IsSuspect && !await place.TryBeAloneAsync(lease.Token))
            {
                // Another suspect is at it. This one waits its turn in the queue, where it does not lose its worker with that one.
                await ReleaseAsync(job, queue.ReleaseAsync);
                return;
            }

            await pipeline.RunAsync(job, lease, slot);
            queue.SignalCompleted(job);
            telemetry.Finished("ready");
        }
        catch (LeaseLostException)
        {
            LogLost(logger, job.Document.Value);
            telemetry.Finished("lost");
        }
        catch (OperationCanceledException) when (lease.IsLost)
        {
            LogLost(logger, job.Document.Value);
            telemetry.Finished("lost");
        }
        catch (OperationCanceledException) when (workToken.IsCancellationRequested)
        {
            await ReleaseAsync(job, queue.ReleaseAsync);
        }
        catch (StorageException e) when (e.IsInterruption)
        {
            // The database went away: most likely no fault of the document, and no attempt. It counts as a lost worker does, since a
            // document that breaks its session whenever it is stored would come round for ever. If this fails as well, the lease runs out.
            LogInterrupted(logger, e.Message);
            await ReleaseAsync(job, queue.InterruptedAsync);
        }
        catch (Exception e)
        {
            // The boundary of one document: whatever it did, the next one must not notice.
            activity?.SetStatus(ActivityStatusCode.Error, e.GetType().Name);
            await FailAsync(job, e, lease.Stage);
        }
    }

    private async Task ReleaseAsync(ClaimedJob job, Func<ClaimedJob, CancellationToken, Task<bool>> release)
    {
        using var limit = new CancellationTokenSource(ReleaseTimeout);
        try
        {
            await release(job, limit.Token);
            telemetry.Finished("released");
        }
        catch (Exception e) when (e is RagException or OperationCanceledException)
        {
            LogNotReleased(logger, job.Document.Value, e.Message);
        }
    }

    private async Task FailAsync(ClaimedJob job, Exception exception, string stage)
    {
        var (kind, problem) = FailureClassifier.Classify(exception, job.Attempt);
        if (kind == FailureKind.Ours)
        {
            LogOurFault(logger, job.Document.Value, FailureClassifier.Describe(exception));
        }
        else
        {
            LogFailed(logger, job.Document.Value, problem.Code, job.Attempt);
        }

        using var limit = new CancellationTokenSource(options.Value.Lease);
        try
        {
            var outcome = await queue.FailAsync(job, kind, problem, stage, limit.Token);
            telemetry.Finished(outcome switch { FailureOutcome.Retried => "retried", FailureOutcome.Parked => "failed", _ => "lost" });
        }
        catch (Exception e) when (e is RagException or OperationCanceledException)
        {
            // The lease runs out and the document comes round again.
            LogNotReleased(logger, job.Document.Value, e.Message);
        }
    }

    /// <summary>One of the places for documents in work; given back once, however often it is disposed.</summary>
    private sealed class Slot(SemaphoreSlim slots) : IDisposable
    {
        private SemaphoreSlim? _slots = slots;
        private Action? _giveBack;

        /// <summary>From now on the collection's, until it is given back.</summary>
        public void BelongsTo(CollectionId collection, Shares shares) => _giveBack = () => shares.GiveBack(collection);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _slots, null) is { } free)
            {
                // The place first: whoever is woken by the share finds it.
                free.Release();
                _giveBack?.Invoke();
            }
        }
    }

    [LoggerMessage(3001, LogLevel.Information, "Working on {Count} documents at a time")]
    private static partial void LogStarted(ILogger logger, int count);

    [LoggerMessage(3002, LogLevel.Warning, "No work can be claimed at the moment: {Reason}")]
    private static partial void LogClaimFailed(ILogger logger, string reason);

    [LoggerMessage(3003, LogLevel.Information, "Document {Document} was superseded, deleted or taken over while it was processed")]
    private static partial void LogLost(ILogger logger, Guid document);

    [LoggerMessage(3004, LogLevel.Warning, "Processing was interrupted: {Reason}")]
    private static partial void LogInterrupted(ILogger logger, string reason);

    [LoggerMessage(3005, LogLevel.Warning, "Document {Document} stays with this worker until its lease runs out: {Reason}")]
    private static partial void LogNotReleased(ILogger logger, Guid document, string reason);

    [LoggerMessage(3006, LogLevel.Warning, "Document {Document} failed with {Code} at attempt {Attempt}")]
    private static partial void LogFailed(ILogger logger, Guid document, string code, int attempt);

    [LoggerMessage(3007, LogLevel.Error, "Document {Document} failed through a fault of this program: {Fault}")]
    private static partial void LogOurFault(ILogger logger, Guid document, string fault);

    [LoggerMessage(3008, LogLevel.Error, "A working loop met a fault of this program and goes on: {Fault}")]
    private static partial void LogLoopFault(ILogger logger, string fault);
}
