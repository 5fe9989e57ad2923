using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rag.Core.Documents;
using Rag.Core.Retrieval;
using Rag.Core.Storage;

namespace Rag.Core.Indexing.Embedded;

/// <summary>
/// Keeps the loaded collections up to date: woken by the database's notifications, and once a second in any case, because a
/// notification may be lost.
/// </summary>
internal sealed partial class IndexFollower : BackgroundService
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    private readonly EmbeddedIndex _index;
    private readonly Database _database;
    private readonly StorageSignals _signals;
    private readonly ILogger<IndexFollower> _logger;
    private readonly IndexOptions _options;
    private readonly Pulse _wake = new();
    private double _lagSeconds;

    public IndexFollower(EmbeddedIndex index, Database database, StorageSignals signals, RetrievalTelemetry telemetry, IOptions<IndexOptions> options, ILogger<IndexFollower> logger)
    {
        _index = index;
        _database = database;
        _signals = signals;
        _options = options.Value;
        _logger = logger;
        telemetry.Meter.CreateObservableGauge(
            "rag.index.lag",
            () => new Measurement<double>(Volatile.Read(ref _lagSeconds)),
            "s",
            "Age of the oldest change that the index has not applied, over all loaded collections.");
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = _signals.Subscribe(StorageChannels.IndexChanges, _ => _wake.Set());
        var isAway = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await _wake.WaitAsync(PollInterval, stoppingToken);
                await FollowAsync(stoppingToken);
                isAway = false;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // The loop must outlive whatever one round meets: a stopped follower serves old results for ever. Said once per outage.
                if (!isAway)
                {
                    LogInterrupted(e.Message);
                }

                isAway = true;
            }
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        _index.ForgetIdle(_options.UnloadAfter);
        var loaded = _index.Loaded;
        if (loaded.Count == 0)
        {
            Volatile.Write(ref _lagSeconds, 0);
            return;
        }

        var heads = await _database.ReadAsync(
            (connection, token) => connection
                .Sql(
                    """
                    select l.id, s.change_seq, coalesce(extract(epoch from now() - (
                        select min(created) from index_changes c where c.collection_id = l.id and c.seq > l.watermark)), 0)::float8
                    from unnest($1::uuid[], $2::bigint[]) as l(id, watermark)
                    left join collection_sequences s on s.collection_id = l.id
                    """,
                    loaded.Select(static l => l.Collection.Value).ToArray(),
                    loaded.Select(static l => l.Watermark).ToArray())
                .ListAsync(static r => (Id: new CollectionId(r.GetGuid(0)), Head: r.NullableValue<long>(1), Lag: r.GetDouble(2)), token),
            cancellationToken);
        Volatile.Write(ref _lagSeconds, heads.Max(static h => h.Lag));
        var watermarks = loaded.ToDictionary(static l => l.Collection, static l => l.Watermark);
        foreach (var (id, head, _) in heads)
        {
            if (head is null)
            {
                _index.Forget(id);
            }
            else if (head > watermarks[id])
            {
                await _index.CatchUpAsync(id, head.Value, cancellationToken);
            }
        }
    }

    [LoggerMessage(3002, LogLevel.Warning, "The index cannot follow the database at the moment and tries again every second: {Reason}")]
    private partial void LogInterrupted(string reason);
}
