using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Rag.Core.Documents;
using Rag.Core.Indexing.Qdrant;
using Rag.Core.Retrieval;
using Rag.Core.Tests.Retrieval;
using Rag.Testing;

namespace Rag.Core.Tests.Indexing.Qdrant;

/// <summary>The projection step by step: each test is the projector itself, so that nothing else puts right what a step leaves.</summary>
public sealed class QdrantProjectionTests(PostgresFixture postgres) : IAsyncLifetime, IClassFixture<PostgresFixture>
{
    private ProjectorWorld _world = null!;

    public async Task InitializeAsync() => _world = await ProjectorWorld.StartAsync(await postgres.CreateDatabaseAsync());

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Whoever_was_replaced_writes_nothing_and_removes_nothing()
    {
        var mine = await _world.BeginAsync();
        var document = await _world.PublishAsync("d", "tern");
        await _world.FinishAsync(mine);
        await _world.TakeOverAsync(mine);
        await _world.PublishAsync("d", "gull");
        var before = _world.Relay.Requests.Count;

        await Assert.ThrowsAsync<ProjectorReplacedException>(() => _world.Projection.RunAsync(mine, null, default));

        Assert.Empty(_world.Relay.Requests.Skip(before));
        Assert.Equal(1, await _world.CountAsync(mine, document));
    }

    [Fact]
    public async Task Whoever_takes_over_waits_for_what_is_being_written()
    {
        var mine = await _world.BeginAsync();
        await _world.PublishAsync("d", "tern");
        _world.Relay.Fate = static _ => RelayFate.Hang;
        using var killed = new CancellationTokenSource();
        var writing = _world.Projection.RunAsync(mine, null, killed.Token);
        await Eventually.TrueAsync(() => Task.FromResult(_world.Relay.Requests.Any(static r => r.Path.Contains("/points?", StringComparison.Ordinal))), "points are being written");

        var takingOver = _world.TakeOverAsync(mine);

        await Eventually.TrueAsync(
            () => _world.ScalarAsync<bool>("select exists (select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%index_projectors%')"),
            "the other one waits");
        Assert.False(takingOver.IsCompleted);
        await killed.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
        Assert.Equal(mine.Epoch + 1, (await takingOver).Epoch);
    }

    [Fact]
    public async Task A_removal_that_arrives_late_leaves_the_newer_generation()
    {
        var version = await _world.BeginAsync();
        var document = await _world.PublishAsync("d", "tern");
        await _world.FinishAsync(version);
        var old = await _world.GenerationAsync(document);
        await _world.PublishAsync("d", "gull");
        await _world.FinishAsync(version);

        await _world.Qdrant.DeleteAsync(version.Name, QdrantFilter.Outdated(_world.Collection.Id, [(document, old)]), default);

        Assert.Equal(1, await _world.CountAsync(version, document));
    }

    [Fact]
    public async Task A_point_with_metadata_of_before_is_found_and_written_again()
    {
        var version = await _world.BeginAsync();
        var document = await _world.PublishAsync("d", "tern", new JsonObject { ["lang"] = "de" });
        await _world.FinishAsync(version);
        var stale = new QdrantPoint(_world.Collection.Id, document, await _world.GenerationAsync(document), 0, new SparseVector([1], [1]), null, MetadataTokens.Of(default));
        await _world.Qdrant.UpsertAsync(version.Name, [stale], default);
        Assert.Equal(0, await _world.CountAsync(version, document, new MetadataFilter.Equal("lang", "de")));

        await _world.ReconcileAsync(version);
        await _world.FinishAsync(version);

        Assert.Equal(1, await _world.CountAsync(version, document, new MetadataFilter.Equal("lang", "de")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Copies_of_points_under_other_ids_are_removed_and_the_document_stays_whole(bool isAsWritten)
    {
        var counted = new ConcurrentQueue<(string Kind, long Points)>();
        using var listener = new MeterListener { InstrumentPublished = static (instrument, own) => Listen(instrument, own) };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => counted.Enqueue(((string)tags[0].Value!, value)));
        listener.Start();
        var version = await _world.BeginAsync();
        var document = await _world.PublishAsync("d", "tern");
        await _world.FinishAsync(version);
        var digest = await _world.ScalarAsync<Guid>("select metadata from index_documents");
        await _world.PutStrayAsync(
            version,
            $$"""{"collection":"{{_world.Collection.Id}}","document":"{{document}}","generation":{{await _world.GenerationAsync(document)}},"ordinal":0,"metadata":"{{(isAsWritten ? digest : Guid.Empty)}}","values":[]}""");
        Assert.Equal(2, await _world.CountAsync(version, document));

        await _world.ReconcileAsync(version);
        await _world.FinishAsync(version);

        Assert.Equal(1, await _world.CountAsync(version, document));
        Assert.Contains(("unknown", 1), counted);
        Assert.DoesNotContain(counted, static c => c.Points < 0);

        // That was all.
        var before = _world.Relay.Requests.Count;
        await _world.ReconcileAsync(version);
        Assert.False(await _world.Projection.RunAsync(version, null, default));
        Assert.DoesNotContain(_world.Relay.Requests.Skip(before), static r => r.Method == "PUT" || r.Path.Contains("/delete", StringComparison.Ordinal));

        static void Listen(Instrument instrument, MeterListener own)
        {
            if (instrument.Name == "rag.index.drift")
            {
                own.EnableMeasurementEvents(instrument);
            }
        }
    }

    [Fact]
    public async Task Weights_are_made_anew_when_the_mean_length_has_moved_by_a_twentieth_and_not_before()
    {
        var version = await _world.BeginAsync();
        await _world.World.PublishAsync(_world.Collection, [.. Enumerable.Range(0, 20).Select(static i => new NewDocument($"d{i}", Words(20)))]);
        await _world.FinishAsync(version);
        Assert.Equal((0, 20), await WeightsAsync());

        await _world.PublishAsync("longer", Words(35));
        await _world.FinishAsync(version);
        Assert.Equal((0, 20), await WeightsAsync());

        await _world.PublishAsync("longest", Words(65));
        await _world.FinishAsync(version);
        Assert.Equal((1, 500 / 22.0), await WeightsAsync());
        Assert.Equal(22, await _world.ScalarAsync<long>("select count(*) from index_documents where weights = 1"));

        static string Words(int count) => string.Join(' ', Enumerable.Repeat("tern", count));

        async Task<(int Weights, double Length)> WeightsAsync() =>
            (await _world.ScalarAsync<int>("select weights from index_collections"), await _world.ScalarAsync<double>("select average_length from index_collections"));
    }

    [Fact]
    public async Task Metadata_that_changed_among_changes_that_are_not_kept_arrives()
    {
        var version = await _world.BeginAsync();
        var document = await _world.PublishAsync("d", "tern", new JsonObject { ["lang"] = "de" });
        await _world.FinishAsync(version);
        await _world.World.ExecuteAsync("update documents set metadata = '{\"lang\":\"en\"}'");
        await _world.World.ExecuteAsync("update collection_sequences set change_seq = change_seq + 1");

        await _world.FinishAsync(version);

        Assert.Equal(1, await _world.CountAsync(version, document, new MetadataFilter.Equal("lang", "en")));
    }

    [Fact]
    public async Task One_document_that_cannot_be_written_has_failed_and_the_others_are_ready()
    {
        var version = await _world.BeginAsync();
        var documents = new List<DocumentId>();
        for (var i = 0; i < 5; i++)
        {
            documents.Add(await _world.PublishAwaitingAsync($"d{i}", "tern"));
        }

        await _world.World.ExecuteAsync("update chunks set terms = '\\x01' where document_id = $1", documents[2].Value);
        // Not a number.
        await _world.World.ExecuteAsync(
            "update chunk_embeddings set vector = overlay(vector placing '\\x0000c07f'::bytea from 1) where chunk_id in (select id from chunks where document_id = $1)", documents[4].Value);

        // One whose job is kept, and one whose job was swept.
        await _world.World.ExecuteAsync("delete from jobs where document_id = $1", documents[2].Value);

        await _world.FinishAsync(version);

        foreach (var good in (int[])[0, 1, 3])
        {
            Assert.Equal(("ready", null), await _world.StateAsync(documents[good]));
            Assert.Equal(1, await _world.CountAsync(version, documents[good]));
        }

        foreach (var bad in (int[])[2, 4])
        {
            Assert.Equal(("failed", "index-refused"), await _world.StateAsync(documents[bad]));
            Assert.Equal(0, await _world.CountAsync(version, documents[bad]));
        }

        // Failed work like any other.
        Assert.Equal(2, await _world.ScalarAsync<long>(
            "select count(distinct document_id) from jobs where state = 'parked' and failed_stage = 'index' and problem_code = 'index-refused' and problem is not null and last_failed is not null and finished is not null"));
    }

    [Fact]
    public async Task Some_that_cannot_be_written_and_are_all_there_is_have_failed_too()
    {
        var version = await _world.BeginAsync();
        var documents = new[] { await _world.PublishAwaitingAsync("a", "tern"), await _world.PublishAwaitingAsync("b", "tern") };
        await _world.World.ExecuteAsync("update chunks set terms = '\\x01'");

        await _world.FinishAsync(version);

        foreach (var document in documents)
        {
            Assert.Equal(("failed", "index-refused"), await _world.StateAsync(document));
        }

        Assert.Equal(0, await _world.Qdrant.CountAsync(version.Name, [], default));
    }

    [Fact]
    public async Task With_little_time_the_collections_take_turns()
    {
        var version = await _world.BeginAsync();
        for (var i = 0; i < 2; i++)
        {
            await _world.World.PublishAsync(await _world.World.CreateCollectionAsync($"other-{i}"), "d", "tern");
        }

        await _world.PublishAsync("d", "tern");
        for (var loaded = 1; loaded <= 3; loaded++)
        {
            Assert.True(await _world.Projection.RunAsync(version, TimeSpan.Zero, default));
            Assert.Equal(loaded, await _world.ScalarAsync<long>("select count(*) from index_collections where loaded"));
        }
    }

    [Fact]
    public async Task Points_that_name_no_collection_are_removed()
    {
        var version = await _world.BeginAsync();
        var document = await _world.PublishAsync("d", "tern");
        await _world.FinishAsync(version);
        await _world.PutStrayAsync(version, """{"note":"by hand"}""");
        await _world.PutStrayAsync(version, """{"collection":"by hand"}""");

        await _world.ReconcileAsync(version);

        Assert.Equal(1, await _world.Qdrant.CountAsync(version.Name, [], default));
        Assert.Equal(1, await _world.CountAsync(version, document));
    }

    [Fact]
    public async Task What_Qdrant_takes_from_nobody_is_not_the_documents_fault()
    {
        var version = await _world.BeginAsync();
        var documents = new[] { await _world.PublishAwaitingAsync("a", "tern"), await _world.PublishAwaitingAsync("b", "tern") };
        _world.Relay.Fate = static _ => new RelayFate.Answer(400, "no");

        Assert.False(await _world.Projection.RunAsync(version, null, default));

        foreach (var document in documents)
        {
            Assert.Equal(("processing", null), await _world.StateAsync(document));
        }
    }

    [Fact]
    public async Task A_collection_that_fails_keeps_no_other_waiting()
    {
        var version = await _world.BeginAsync();
        var others = new List<Collection>();
        for (var i = 0; i < 3; i++)
        {
            others.Add(await _world.World.CreateCollectionAsync($"other-{i}"));
        }

        // Ids are in order of time: this one has the first turn.
        await _world.PublishAwaitingAsync("d", "tern");
        var documents = others.ConvertAll(async c => await _world.World.PublishAwaitingIndexAsync(c, "d", "tern"));
        await Task.WhenAll(documents);
        _world.Relay.Fate = _ => _world.Relay.Requests[^1].Body.Contains(_world.Collection.Id.ToString(), StringComparison.Ordinal) ? new RelayFate.Answer(503) : RelayFate.Forward;

        Assert.True(await _world.Projection.RunAsync(version, null, default));

        foreach (var document in documents)
        {
            Assert.Equal(("ready", null), await _world.StateAsync(await document));
        }
    }

    [Fact]
    public async Task A_removed_collection_that_cannot_be_taken_out_keeps_no_other_waiting()
    {
        var version = await _world.BeginAsync();
        var gone = await _world.World.CreateCollectionAsync("gone");
        await _world.World.PublishAsync(gone, "d", "tern");
        await _world.FinishAsync(version);
        await _world.World.ExecuteAsync("delete from collections where id = $1", gone.Id.Value);
        var document = await _world.PublishAwaitingAsync("d", "tern");
        _world.Relay.Fate = _ => _world.Relay.Requests[^1].Body.Contains(gone.Id.ToString(), StringComparison.Ordinal) ? new RelayFate.Answer(503) : RelayFate.Forward;

        Assert.True(await _world.Projection.RunAsync(version, null, default));

        Assert.Equal(("ready", null), await _world.StateAsync(document));
    }

    [Fact]
    public async Task A_request_is_of_a_size_that_Qdrant_takes()
    {
        var version = await _world.BeginAsync();
        var metadata = new JsonObject { ["tags"] = new JsonArray([.. Enumerable.Range(0, 6000).Select(static i => (JsonNode)$"t{i}")]) };
        await _world.World.PublishAsync(_world.Collection, [.. Enumerable.Range(0, 100).Select(i => new NewDocument($"d{i}", "tern", Metadata: (JsonObject)metadata.DeepClone()))]);

        await _world.FinishAsync(version);

        var sizes = _world.Relay.Requests.Where(static r => r.Path.Contains("/points?", StringComparison.Ordinal)).Select(static r => r.Body.Length).ToList();
        Assert.True(sizes.Sum() > 16 * 1024 * 1024, "It would fit one request.");
        Assert.All(sizes, static s => Assert.InRange(s, 1, 16 * 1024 * 1024));
    }

    [Fact]
    public async Task A_batch_is_bounded_by_chunks_and_one_document_goes_whole()
    {
        await _world.PublishAsync("a", "tern");
        await _world.PublishAsync("b", "tern");
        await _world.PublishAsync("c", "tern");
        await _world.World.ExecuteAsync("update documents set chunk_count = case name when 'a' then 9000 else 2400 end");

        var (first, watermark) = (await _world.Source.ChangedAsync(_world.Collection.Id, 0, default))!.Value;
        var (second, last) = (await _world.Source.ChangedAsync(_world.Collection.Id, watermark, default))!.Value;

        Assert.Equal((1, 1, 2, 3), (first.Count, watermark, second.Count, last));
    }

    [Fact]
    public async Task A_comparison_looks_at_each_document_once_and_in_the_end_at_what_changed_behind_it()
    {
        var version = await _world.BeginAsync();
        var documents = await _world.World.PublishAsync(_world.Collection, [.. Enumerable.Range(0, 250).Select(static i => new NewDocument($"d{i}", "tern"))]);
        var (first, reached) = await _world.Source.DifferingAsync(version, _world.Collection.Id, null, default);
        var (second, _) = await _world.Source.DifferingAsync(version, _world.Collection.Id, reached, default);
        Assert.Equal((100, 100), (first.Count, second.Count));
        Assert.Empty(first.Intersect(second));
        Assert.True(await _world.Projection.RunAsync(version, null, default));
        // Behind the comparison, among changes that are not kept.
        await _world.World.ExecuteAsync("update documents set metadata = '{\"lang\":\"en\"}' where id = $1", first[0].Value);
        await _world.World.ExecuteAsync("update collection_sequences set change_seq = change_seq + 1");

        await _world.FinishAsync(version);

        Assert.Equal(1, await _world.CountAsync(version, first[0], new MetadataFilter.Equal("lang", "en")));
        Assert.Equal(250, await _world.Qdrant.CountAsync(version.Name, QdrantFilter.OfCollection(_world.Collection.Id), default));
        Assert.Equal(250, documents.Count);
    }

    [Fact]
    public async Task Points_of_a_collection_that_is_in_no_book_are_removed()
    {
        var version = await _world.BeginAsync();
        var document = await _world.PublishAsync("d", "tern");
        await _world.FinishAsync(version);
        var stranger = CollectionId.New();
        await _world.Qdrant.UpsertAsync(version.Name, [new QdrantPoint(stranger, DocumentId.New(), 1, 0, new SparseVector([1], [1]), null, MetadataTokens.Of(default))], default);

        await _world.ReconcileAsync(version);

        Assert.Equal(0, await _world.Qdrant.CountAsync(version.Name, QdrantFilter.OfCollection(stranger), default));
        Assert.Equal(1, await _world.CountAsync(version, document));
    }

    [Fact]
    public async Task Comparing_many_collections_is_done_in_steps_of_a_few_requests()
    {
        var version = await _world.BeginAsync();
        for (var i = 0; i < 12; i++)
        {
            await _world.World.PublishAsync(await _world.World.CreateCollectionAsync($"many-{i}"), "d", "tern");
        }

        await _world.FinishAsync(version);
        var steps = 0;
        bool isMore;
        do
        {
            var before = _world.Relay.Requests.Count;
            isMore = await _world.Reconciliation.StepAsync(version, default);
            Assert.InRange(_world.Relay.Requests.Count - before, 1, 8);
            steps++;
        }
        while (isMore);

        Assert.InRange(steps, 2, 10);
    }

    [Fact]
    public async Task A_name_is_no_other_databases_and_a_collection_of_another_is_left_alone()
    {
        var first = await _world.BeginAsync();
        await _world.World.ExecuteAsync("delete from index_versions");
        // As a fresh database counts.
        await _world.World.ExecuteAsync("alter sequence index_version_numbers restart");
        var second = await _world.BeginAsync();
        Assert.NotEqual(first.Name, second.Name);

        // Of somebody else, although the row has its name.
        var document = DocumentId.New();
        await _world.Qdrant.UpsertAsync(second.Name, [new QdrantPoint(_world.Collection.Id, document, 1, 0, new SparseVector([1], [1]), null, MetadataTokens.Of(default))], default);
        await _world.World.ExecuteAsync("update index_versions set made = false");
        await _world.PublishAsync("d", "tern");
        var before = _world.Relay.Requests.Count;
        await _world.ReleaseAsync();

        await Eventually.TrueAsync(
            () => Task.FromResult(_world.Relay.Requests.Skip(before).Count(static r => r.Path.EndsWith("/points/count", StringComparison.Ordinal)) >= 2), "the projector has looked twice");

        Assert.DoesNotContain(_world.Relay.Requests.Skip(before), static r => r.Method is "PUT" or "DELETE" || r.Path.Contains("/points/delete", StringComparison.Ordinal));
        Assert.Equal(1, await _world.CountAsync(second, document));
    }
}
