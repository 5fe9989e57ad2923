using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Rag.Core.Documents;
using Rag.Core.Extraction;
using Rag.Core.Jobs;
using Rag.Testing;
using RagPlatform.ServiceDefaults.Health;

namespace Rag.Ingest.Tests;

/// <summary>What the worker's instruments say, and with which tags.</summary>
[Collection(PostgresCollection.Name)]
public sealed class IngestMetricsTests(PostgresFixture postgres) : IAsyncLifetime, IDisposable
{
    private readonly ScriptedExtractor _extractor = new();
    private readonly ConcurrentQueue<(string Name, double Value, string Tags)> _measured = new();
    private readonly MeterListener _listener = new();
    private TestEngine _engine = null!;
    private Collection _collection = null!;

    public async Task InitializeAsync()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == IngestTelemetry.Name)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.Start();
        _engine = await StartAsync(null);
        _collection = await _engine.CreateCollectionAsync();
    }

    public async Task DisposeAsync() => await _engine.DisposeAsync();

    public void Dispose() => _listener.Dispose();

    private Task<TestEngine> StartAsync(TestEngine? shareWith) =>
        TestEngine.StartAsync(
            postgres,
            shareWith: shareWith,
            configure: (services, _) =>
            {
                services.AddSingleton<IDocumentExtractor>(_extractor);
                services.AddSingleton<Draining>();
                services.AddIngestWorker();
            });

    private static bool Tells(IngestTelemetry telemetry) => telemetry.Whole is not null;

    [Fact]
    public async Task The_depth_of_the_queue_is_told_by_state_and_its_oldest_job_by_age()
    {
        await _engine.SubmitAsync(_collection, "wait here");
        await Eventually.BecomesAsync(() => Task.FromResult(_extractor.Waiting), waiting => waiting == 1);
        var parked = (await _engine.SubmitAsync(_collection, "corrupt")).Document;
        await StoredDocuments.ReadyAsync(_engine, parked);
        await _engine.ExecuteAsync("alter table jobs alter available_at set default now() + interval '1 hour', alter created set default now() - interval '500 seconds'");
        await _engine.SubmitAsync(_collection, "later");
        await _engine.ExecuteAsync("alter table jobs alter created set default now()");
        await _engine.SubmitAsync(_collection, "even later");

        await Eventually.BecomesAsync(() => Task.FromResult(Gauge("rag.jobs.depth", "state=queued")), depth => depth == 2);
        Assert.Equal((1, 1), (Gauge("rag.jobs.depth", "state=running"), Gauge("rag.jobs.depth", "state=parked")));
        Assert.InRange(Gauge("rag.jobs.oldest.age", ""), 500, 600);

        await _engine.ExecuteAsync("update jobs set state = 'superseded' where state = 'queued'");
        await Eventually.BecomesAsync(() => Task.FromResult(Gauge("rag.jobs.depth", "state=queued")), depth => depth == 0);
        Assert.Equal(0, Gauge("rag.jobs.oldest.age", ""));
        _extractor.OpenGate();
    }

    [Fact]
    public async Task Of_several_workers_one_tells_of_the_whole_database_and_another_when_it_ends()
    {
        await _engine.SubmitAsync(_collection, "wait here");
        await Eventually.BecomesAsync(() => Task.FromResult(_extractor.Waiting), waiting => waiting == 1);
        await _engine.ExecuteAsync("update blobs set fault = 'missing'");
        await using var second = await StartAsync(_engine);
        var telemetries = new[] { _engine, second }.Select(engine => engine.Get<IngestTelemetry>()).ToArray();

        // Both are asked for long enough to have looked again after the other one came.
        await Eventually.TrueAsync(() => Task.FromResult(telemetries.Count(Tells) == 1 && second.Get<WorkerPresence>().Name.Contains('#', StringComparison.Ordinal)), "one of two tells");
        await Eventually.BecomesAsync(() => Task.FromResult(Gauge("rag.blobs.faulty", "kind=missing")), faulty => faulty == 1);

        _extractor.OpenGate();
        var (speaker, other) = Tells(telemetries[0]) ? (_engine, second) : (second, _engine);
        var number = speaker.Get<WorkerPresence>().Name.Split('#')[1];
        await speaker.StopAsync();
        // The end of its process ends its connections; here the pool would keep them.
        await other.ExecuteAsync("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objid = $1::text::bigint", number);
        await Eventually.TrueAsync(() => Task.FromResult(Tells(other.Get<IngestTelemetry>())), "the other one tells");
    }

    [Fact]
    public async Task Each_stage_of_a_document_is_measured_once_in_seconds()
    {
        var started = System.Diagnostics.Stopwatch.StartNew();
        var document = (await _engine.SubmitAsync(_collection, "wait a moment")).Document;
        await Eventually.BecomesAsync(() => Task.FromResult(_extractor.Waiting), waiting => waiting == 1);
        await Task.Delay(400); // is what is measured
        _extractor.OpenGate();
        await StoredDocuments.ReadyAsync(_engine, document);

        var stages = await Eventually.BecomesAsync(
            () => Task.FromResult(_measured.Where(item => item.Name == "rag.ingest.stage.duration").ToList()), found => found.Count >= 4);
        var most = started.Elapsed.TotalSeconds;
        Assert.Equal(["stage=extract", "stage=chunk", "stage=analyze", "stage=store"], stages.Select(item => item.Tags));
        Assert.InRange(stages[0].Value, 0.39, most);
        Assert.InRange(stages.Sum(item => item.Value), stages[0].Value, most);
        Assert.All(stages, item => Assert.True(item.Value > 0));
        var finished = await Eventually.BecomesAsync(
            () => Task.FromResult(_measured.Where(item => item is { Name: "rag.ingest.documents", Value: > 0 }).ToList()), found => found.Count > 0);
        Assert.Equal((1, "outcome=ready"), (Assert.Single(finished).Value, finished[0].Tags));
        // What has not happened yet is told as zero, or its first time would not be seen to have grown.
        Assert.Equal(
            ["outcome=failed", "outcome=lost", "outcome=ready", "outcome=released", "outcome=retried"],
            _measured.Where(item => item is { Name: "rag.ingest.documents", Value: 0 }).Select(item => item.Tags).Distinct().Order(StringComparer.Ordinal));
    }

    private double Gauge(string name, string tags)
    {
        _measured.Clear();
        _listener.RecordObservableInstruments();
        // Another test may have an idle worker's instruments at the same time, which say nothing but zero.
        return _measured.Where(item => item.Name == name && item.Tags == tags).Select(item => item.Value).DefaultIfEmpty(-1).Max();
    }

    private void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        _measured.Enqueue((instrument.Name, value, string.Join(',', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))));
}
