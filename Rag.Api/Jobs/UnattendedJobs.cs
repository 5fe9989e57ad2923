using System.Diagnostics.Metrics;
using Rag.Core.Jobs;
using Rag.Core.Storage;

namespace Rag.Api.Jobs;

/// <summary>Tells that documents wait and no worker is there. Every API says the same, so that one of them is enough.</summary>
internal sealed class UnattendedJobs : StorageMeasurement
{
    private readonly QueueControl _queue;
    private readonly Meter _meter = new("Rag.Jobs");
    private long _count;

    public UnattendedJobs(QueueControl queue, StorageReadiness readiness, TimeProvider time)
        : base(readiness, time, TimeSpan.FromSeconds(10))
    {
        _queue = queue;
        _meter.CreateObservableGauge("rag.jobs.unattended", () => Volatile.Read(ref _count), "{job}", "Jobs that wait although no worker lives; those that are paused do not count.");
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    protected override async Task MeasureAsync(CancellationToken cancellationToken) => Volatile.Write(ref _count, await _queue.CountUnattendedAsync(cancellationToken));
}
