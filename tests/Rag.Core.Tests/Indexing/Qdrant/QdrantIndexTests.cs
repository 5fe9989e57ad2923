using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Rag.Core.Documents;
using Rag.Core.Indexing;
using Rag.Core.Indexing.Analysis;
using Rag.Core.Indexing.Qdrant;
using Rag.Core.Storage;
using Rag.Core.Tests.Retrieval;
using Rag.Testing;

namespace Rag.Core.Tests.Indexing.Qdrant;

public sealed class QdrantIndexTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private QdrantServer _server = null!;
    private QdrantRelay _relay = null!;
    private SearchWorld _world = null!;
    private Collection _collection = null!;

    private IIndexReader Index => _world.Services.GetRequiredService<IIndexReader>();

    public async Task InitializeAsync()
    {
        _server = await QdrantServer.StartAsync();
        _relay = await QdrantRelay.StartAsync(_server.Url);
        _world = await SearchWorld.StartAsync(
            await postgres.CreateDatabaseAsync(),
            ("Rag:Index:Provider", "qdrant"),
            ("ConnectionStrings:vectors_http", $"Endpoint={_relay.Url};Key={_server.ApiKey}"),
            ("Rag:Index:Qdrant:Prefix", _server.Prefix));
        _collection = await _world.CreateCollectionAsync("books");
    }

    public async Task DisposeAsync()
    {
        await _world.DisposeAsync();
        await _relay.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Many_searches_that_wait_for_the_same_collection_cost_the_database_no_more_than_one()
    {
        const int Waiters = 40;
        using var statements = new StatementCounter();
        var builder = new NpgsqlDataSourceBuilder(_world.ConnectionString);
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(statements).SetMinimumLevel(LogLevel.Debug));
        builder.UseLoggerFactory(loggers);
        await using var source = builder.Build();
        var index = new QdrantIndex(
            new Database(source), _world.Services.GetRequiredService<StorageSignals>(), _world.Services.GetRequiredService<QdrantClient>(), embedder: null);

        var arrived = await Task.WhenAll(Enumerable.Range(0, Waiters).Select(_ => index.WaitForAsync(_collection.Id, 1_000_000, TimeSpan.FromSeconds(1), default)));

        Assert.DoesNotContain(true, arrived);
        // One for those who came, those of the poll, and few for who came while that was read; not some for each.
        Assert.InRange(statements.Count, 1, Waiters / 2);
    }

    [Fact]
    public async Task Who_waits_is_told_when_it_has_come_and_nobody_keeps_another_waiting()
    {
        _relay.Cut();
        await _world.PublishAsync(_collection, "a", "tern");
        var first = Index.WaitForAsync(_collection.Id, 1, TimeSpan.FromSeconds(30), default);
        using var gone = new CancellationTokenSource();
        var leaving = Index.WaitForAsync(_collection.Id, 1, TimeSpan.FromSeconds(30), gone.Token);
        Assert.False(await Index.WaitForAsync(_collection.Id, 1, TimeSpan.FromMilliseconds(50), default));
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        Assert.False(first.IsCompleted);

        _relay.Open();

        Assert.True(await first);
        Assert.True(await Index.WaitForAsync(_collection.Id, 1, TimeSpan.FromSeconds(30), default));
    }

    [Fact]
    public async Task Counts_that_change_while_they_are_read_are_of_one_moment()
    {
        await _world.PublishAsync(_collection, "a", "tern gull");
        Assert.True(await Index.WaitForAsync(_collection.Id, 1, TimeSpan.FromSeconds(30), default));
        var terms = TermOf("tern");
        await using var connection = await _world.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.Sql("lock table index_terms in access exclusive mode").RunAsync(default);
        await connection.Sql("update index_collections set chunks = 1000").RunAsync(default);
        await connection.Sql("update index_terms set chunks = 500").RunAsync(default);

        var reading = Index.TermWeightsAsync(_collection.Id, terms, default);
        await Eventually.TrueAsync(
            async () =>
            {
                // Within a transaction what the others do is looked up once.
                await connection.Sql("select pg_stat_clear_snapshot()").RunAsync(default);
                return await connection.Sql(
                        """
                        select exists (select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query ~ '^\s*select' and query ~ 'index_terms')
                        """)
                    .ScalarAsync<bool>(default);
            },
            "the reader waits for the books");
        await transaction.CommitAsync();

        Assert.Equal(Math.Log(1 + (500.5 / 500.5)), Assert.Single(await reading), 6);
    }

    [Fact]
    public async Task The_lag_and_the_time_of_failing_grow_while_Qdrant_is_away_and_end_when_it_is_back()
    {
        await _world.PublishAsync(_collection, "a", "tern");
        Assert.True(await Index.WaitForAsync(_collection.Id, 1, TimeSpan.FromSeconds(30), default));
        var meter = new Dictionary<string, double>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = static (instrument, own) =>
        {
            if (instrument is { Meter.Name: "Rag.Index", Name: "rag.index.lag" or "rag.index.failing" })
            {
                own.EnableMeasurementEvents(instrument);
            }
        };
        // Other tests have monitors of their own, whose indexes are not a quarter of an hour behind.
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => meter[instrument.Name] = Math.Max(meter.GetValueOrDefault(instrument.Name), value));
        listener.Start();
        double Read(string name)
        {
            meter.Clear();
            listener.RecordObservableInstruments();
            return meter[name];
        }

        await Eventually.TrueAsync(() => Task.FromResult(Read("rag.index.lag") < 600), "the index is not behind");
        _relay.Cut();
        await _world.PublishAsync(_collection, "b", "gull");
        await _world.ExecuteAsync("update index_changes set created = created - interval '900 seconds'");

        await Eventually.TrueAsync(() => Task.FromResult(Read("rag.index.lag") is >= 900 and < 1000), "the index is behind by the age of the change");
        await Eventually.TrueAsync(() => Task.FromResult(Read("rag.index.failing") > 0), "it is said that writing fails");

        _relay.Open();
        await Eventually.TrueAsync(() => Task.FromResult(Read("rag.index.lag") < 600), "the index is not behind any more");
        await Eventually.TrueAsync(() => Task.FromResult(Read("rag.index.failing") == 0), "writing does not fail any more");
    }

    [Fact]
    public void A_word_that_more_chunks_hold_than_there_are_is_worth_little_but_never_less_than_nothing()
    {
        Assert.True(Bm25.InverseDocumentFrequency(10, 1000) > 0);
        Assert.True(Bm25.InverseDocumentFrequency(0, 1) > 0);
        Assert.Equal(Bm25.InverseDocumentFrequency(10, 10), Bm25.InverseDocumentFrequency(10, 11));
        // More than an int counts.
        Assert.Equal(Math.Log(1 + ((5e9 - 1 + 0.5) / 1.5)), Bm25.InverseDocumentFrequency(5_000_000_000, 1), 9);
    }

    private static TermWeight[] TermOf(string word)
    {
        var terms = new List<AnalyzedTerm>();
        Analyzers.ForLanguage("en").Analyze(word, terms);
        return [new TermWeight(Assert.Single(terms).Hash, 1)];
    }

    /// <summary>Counts what Npgsql says that it has executed.</summary>
    private sealed class StatementCounter : ILoggerProvider, ILogger
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name is "CommandExecutionCompleted" or "BatchExecutionCompleted")
            {
                Interlocked.Increment(ref _count);
            }
        }

        public void Dispose()
        {
        }
    }
}
