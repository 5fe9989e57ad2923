using System.Diagnostics.Metrics;
using Rag.Core.Storage;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>
/// Says how far the index is behind and for how long writing it has failed. Measured from the books by every process that may write it, so
/// that a writer that hangs, or is not there, shows as well.
/// </summary>
internal sealed class ProjectionMonitor : StorageMeasurement
{
    private readonly Database _database;
    private readonly TimeProvider _time;
    private readonly Meter _meter = new("Rag.Index");
    private double _lagSeconds;
    private long _failingSince;

    public ProjectionMonitor(Database database, StorageReadiness readiness, TimeProvider time)
        : base(readiness, time, TimeSpan.FromSeconds(2))
    {
        _database = database;
        _time = time;
        _meter.CreateObservableGauge(
            "rag.index.lag", () => Volatile.Read(ref _lagSeconds), "s", "Age of the oldest change that the vector index has not applied, over all collections.");
        _meter.CreateObservableGauge(
            "rag.index.failing", FailingSeconds, "s", "How long this process has not been able to write the vector index; 0 while it can, or while another one writes it.");
    }

    /// <summary>A round could not be done.</summary>
    public void Failed() => Interlocked.CompareExchange(ref _failingSince, _time.GetTimestamp(), 0);

    /// <summary>A round was done, or is another process's business.</summary>
    public void Worked() => Volatile.Write(ref _failingSince, 0);

    /// <inheritdoc/>
    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    // The first change of each collection that is behind; one that is not loaded is behind from the first change that is kept.
    protected override async Task MeasureAsync(CancellationToken cancellationToken) => Volatile.Write(ref _lagSeconds, await _database.ReadAsync(
        (connection, token) => connection.Sql(
                """
                select coalesce(max(extract(epoch from now() - c.created)), 0)::float8
                from collection_sequences s
                left join (
                    select i.collection_id, i.watermark from index_collections i join index_versions v on v.id = i.version_id
                    where v.provider = $1 and v.state = 'active' and i.loaded) held on held.collection_id = s.collection_id
                cross join lateral (
                    select created from index_changes c
                    where c.collection_id = s.collection_id and c.seq > coalesce(held.watermark, -1) order by c.seq limit 1) c
                where s.change_seq > coalesce(held.watermark, -1)
                """,
                Projection.Provider)
            .ScalarAsync<double>(token),
        cancellationToken));

    private double FailingSeconds() => Volatile.Read(ref _failingSince) is var since && since != 0 ? _time.GetElapsedTime(since).TotalSeconds : 0;
}
