using System.Diagnostics.Metrics;
using Rag.Core.Jobs;
using Rag.Core.Storage;

namespace Rag.Api.Jobs;

/// <summary>Tells that documents wait and no worker is there. Every API says the same, so that one of them is enough.</summary>
internal sealed class UnattendedJobs : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly QueueControl _queue;
    private readonly StorageReadiness _readiness;
    private readonly TimeProvider _time;
    private readonly Meter _meter = new("Rag.Jobs");
    private long _count;

    public UnattendedJobs(QueueControl queue, StorageReadiness readiness, TimeProvider time)
    {
        _queue = queue;
        _readiness = readiness;
        _time = time;
        _meter.CreateObservableGauge("rag.jobs.unattended", () => Volatile.Read(ref _count), "{job}", "Jobs that wait although no worker lives; those that are paused do not count.");
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await _readiness.WaitAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                Volatile.Write(ref _count, await _queue.CountUnattendedAsync(stoppingToken));
            }
            catch (Exception) when (!stoppingToken.IsCancellationRequested)
            {
                // Without the database the number stands still; that it is away is told elsewhere.
            }

            await Task.Delay(Interval, _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
