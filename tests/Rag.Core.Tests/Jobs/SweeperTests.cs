using System.Security.Cryptography;
using System.Text;
using Rag.Core.Blobs;
using Rag.Core.Documents;
using Rag.Core.Jobs;
using Rag.Core.Tests.Storage;
using Rag.Testing;

namespace Rag.Core.Tests.Jobs;

[Collection(PostgresCollection.Name)]
public sealed class SweeperTests(PostgresFixture postgres) : IAsyncLifetime
{
    private static readonly SweepAges AtOnce = new() { Originals = TimeSpan.FromSeconds(-60) };

    private TestEngine _engine = null!;
    private Collection _collection = null!;

    public async Task InitializeAsync()
    {
        _engine = await TestEngine.StartAsync(postgres);
        _collection = await _engine.CreateCollectionAsync();
    }

    public async Task DisposeAsync() => await _engine.DisposeAsync();

    [Fact]
    public async Task An_original_goes_only_when_nothing_has_referred_to_it_for_a_day()
    {
        await _engine.SubmitAsync(_collection, "kept", sourceId: "kept");
        await _engine.SubmitAsync(_collection, "old", sourceId: "replaced");
        await _engine.SubmitAsync(_collection, "new", sourceId: "replaced");

        Assert.Equal(0, (await SweepAsync(new SweepAges())).Originals);
        Assert.True(await ExistsAsync("old"));
        await _engine.ExecuteAsync("update blobs set unreferenced_since = unreferenced_since - interval '25 hours'");
        Assert.Equal(1, (await SweepAsync(new SweepAges())).Originals);

        Assert.False(await ExistsAsync("old"));
        Assert.True(await ExistsAsync("kept"));
        Assert.True(await ExistsAsync("new"));
    }

    [Fact]
    public async Task Content_that_comes_back_is_not_collected()
    {
        var document = (await _engine.SubmitAsync(_collection, "back again")).Document;
        await _engine.Documents.DeleteAsync(_collection.Id, document.Id, CancellationToken.None);
        await SweepAsync(new SweepAges());
        await _engine.ExecuteAsync("update blobs set unreferenced_since = now() - interval '25 hours'");

        await _engine.SubmitAsync(_collection, "back again");

        Assert.Equal(0, (await SweepAsync(AtOnce)).Originals);
        Assert.True(await ExistsAsync("back again"));
    }

    [Fact]
    public async Task Submitting_and_collecting_the_same_content_never_loses_the_file_of_a_document()
    {
        using var end = new CancellationTokenSource();
        var sweeping = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                await SweepAsync(AtOnce);
            }
        });
        for (var i = 0; i < 60; i++)
        {
            var document = (await _engine.SubmitAsync(_collection, "again and again")).Document;
            Assert.True(await ExistsAsync("again and again"));
            await _engine.Documents.DeleteAsync(_collection.Id, document.Id, CancellationToken.None);
        }

        await end.CancelAsync();
        await sweeping;
    }

    [Fact]
    public async Task Files_without_a_row_and_without_a_collection_go()
    {
        var store = _engine.Get<IBlobStore>();
        await WriteAsync(store, _collection.Id, "crashed before its commit");
        await WriteAsync(store, CollectionId.New(), "of a collection that is gone");
        await _engine.SubmitAsync(_collection, "kept");

        Assert.Equal(0, (await SweepAsync(new SweepAges())).Files);
        Assert.Equal(2, (await SweepAsync(AtOnce)).Files);

        Assert.Single(await store.ListAsync(CancellationToken.None).ToListAsync());
        Assert.Equal(1, await _engine.ScalarAsync<long>("select count(*) from blobs"));
    }

    [Fact]
    public async Task Old_events_and_finished_jobs_go_and_parked_ones_stay()
    {
        await _engine.SubmitAsync(_collection, "a", sourceId: "a");
        var job = (await _engine.Jobs.ClaimAsync("w", CancellationToken.None))!;
        await _engine.Jobs.FailAsync(job, FailureKind.Document, new Problem("x", "x"), CancellationToken.None);
        await _engine.SubmitAsync(_collection, "b", sourceId: "b");
        await _engine.SubmitAsync(_collection, "b2", sourceId: "b");
        await _engine.ExecuteAsync("update document_events set at = now() - interval '25 hours' where seq <= 2");
        await _engine.ExecuteAsync("update jobs set finished = now() - interval '8 days' where finished is not null");

        await _engine.ExecuteAsync("insert into index_changes (collection_id, seq, document_id, created) values ($1, 1, $1, now() - interval '25 hours')", _collection.Id.Value);

        Assert.Equal(4, (await SweepAsync(new SweepAges())).Rows);

        Assert.Equal(1, await _engine.ScalarAsync<long>("select count(*) from jobs where state = 'parked'"));
        Assert.Equal(0, await _engine.ScalarAsync<long>("select count(*) from jobs where state = 'superseded'"));
        Assert.Equal(3, await _engine.ScalarAsync<long>("select min(seq) from document_events"));
    }

    [Fact]
    public async Task A_used_sign_in_token_stays_used_for_a_year()
    {
        await _engine.ExecuteAsync("insert into api_keys (id, name, hash, scopes) values ($1, 'k', '\\x00', '{read}')", _collection.Id.Value);
        await _engine.ExecuteAsync(
            """
            insert into sign_in_tokens (hash, key_id, expires, used) values
                ('\x01', $1, now() - interval '25 hours', null),
                ('\x02', $1, now() - interval '23 hours', null),
                ('\x03', $1, now() - interval '364 days', now() - interval '364 days'),
                ('\x04', $1, now() - interval '366 days', now() - interval '366 days')
            """,
            _collection.Id.Value);

        Assert.Equal(2, (await SweepAsync(new SweepAges())).Rows);

        Assert.Equal("\\x02,\\x03", await _engine.ScalarAsync<string>("select string_agg(hash::text, ',' order by hash) from sign_in_tokens"));
    }

    private async Task<SweepResult> SweepAsync(SweepAges ages) =>
        await _engine.Get<Sweeper>().SweepAsync(ages, includeFiles: true, CancellationToken.None) ?? throw new InvalidOperationException("Another sweep is under way.");

    private Task<bool> ExistsAsync(string text) =>
        _engine.Get<IBlobStore>().ExistsAsync(_collection.Id, SHA256.HashData(Encoding.UTF8.GetBytes(text)), CancellationToken.None);

    private static async Task WriteAsync(IBlobStore store, CollectionId collection, string text)
    {
        await using var staged = await store.StageAsync(collection, new MemoryStream(Encoding.UTF8.GetBytes(text)), CancellationToken.None);
        await staged.CommitAsync(CancellationToken.None);
    }
}
