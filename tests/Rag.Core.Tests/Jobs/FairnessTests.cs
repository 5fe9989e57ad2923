using System.Diagnostics;
using Rag.Core.Documents;
using Rag.Core.Jobs;
using Rag.Core.Tests.Storage;
using Rag.Testing;
using Xunit.Abstractions;

namespace Rag.Core.Tests.Jobs;

/// <summary>Whose job comes next.</summary>
[Collection(PostgresCollection.Name)]
public sealed class FairnessTests(PostgresFixture postgres, ITestOutputHelper output) : IAsyncLifetime
{
    private TestEngine _engine = null!;

    public async Task InitializeAsync() => _engine = await TestEngine.StartAsync(postgres);

    public async Task DisposeAsync() => await _engine.DisposeAsync();

    [Fact]
    public async Task A_small_upload_is_done_before_the_ten_thousand_documents_that_came_before_it()
    {
        var large = await _engine.CreateCollectionAsync();
        var small = await _engine.CreateCollectionAsync();
        await QueueManyAsync(large, 10_000);
        await QueueManyAsync(small, 3);

        var claims = new List<CollectionId>();
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 200; i++)
        {
            var job = await ClaimAsync();
            claims.Add(job.Collection);
            await FinishAsync(job);
        }

        output.WriteLine($"{watch.Elapsed.TotalMilliseconds / 200:0.00} ms for a claim and its end, with 10,000 waiting");
        // One worker that does one thing at a time: every other turn is the small collection's, until it has nothing left.
        Assert.Equal(3, claims.Take(6).Count(id => id == small.Id));
        Assert.Equal(197, claims.Count(id => id == large.Id));
    }

    [Fact]
    public async Task The_collection_with_the_least_in_work_comes_next()
    {
        var large = await _engine.CreateCollectionAsync();
        await QueueManyAsync(large, 20);
        for (var i = 0; i < 4; i++)
        {
            await ClaimAsync();
        }

        var small = await _engine.CreateCollectionAsync();
        await QueueManyAsync(small, 5);

        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(small.Id, (await ClaimAsync()).Collection);
        }

        Assert.Equal(large.Id, (await ClaimAsync()).Collection);
    }

    [Fact]
    public async Task What_holds_as_much_as_it_may_is_left_out()
    {
        var large = await _engine.CreateCollectionAsync();
        await QueueManyAsync(large, 3);

        Assert.Null(await _engine.Jobs.ClaimAsync("w", [large.Id], CancellationToken.None));
        Assert.NotNull(await _engine.Jobs.ClaimAsync("w", CancellationToken.None));
    }

    [Fact]
    public async Task What_somebody_waits_for_comes_before_what_is_processed_in_bulk()
    {
        var collection = await _engine.CreateCollectionAsync();
        await _engine.SubmitAsync(collection, "failed");
        await _engine.Jobs.FailAsync(await ClaimAsync(), FailureKind.Document, new Problem("x", "x"), "extract", CancellationToken.None);
        Assert.Equal(1, await _engine.Documents.RetryFailedAsync(null, CancellationToken.None));
        var asked = (await _engine.SubmitAsync(collection, "asked for later")).Document;

        Assert.Equal(asked.Id, (await ClaimAsync()).Document);
        Assert.NotEqual(asked.Id, (await ClaimAsync()).Document);
    }

    [Fact]
    public async Task What_is_processed_in_bulk_gets_a_turn_though_there_is_always_something_that_somebody_waits_for()
    {
        var collection = await _engine.CreateCollectionAsync();
        await QueueManyAsync(collection, 20);
        await _engine.ExecuteAsync("update jobs set priority = 1 where id in (select id from jobs order by id limit 2)");
        var bulk = 0;

        for (var i = 0; i < 8; i++)
        {
            var job = await ClaimAsync();
            bulk += await _engine.ScalarAsync<int>("select count(*)::int from jobs where id = $1 and priority = 1", job.Id.Value);
        }

        Assert.Equal(1, bulk);
    }

    [Fact]
    public async Task A_collection_whose_jobs_all_wait_for_another_attempt_keeps_nobody_waiting()
    {
        var waiting = await _engine.CreateCollectionAsync();
        await QueueManyAsync(waiting, 5);
        await _engine.ExecuteAsync("update jobs set available_at = now() + interval '1 hour'");
        var other = await _engine.CreateCollectionAsync();
        await QueueManyAsync(other, 1);

        Assert.Equal(other.Id, (await ClaimAsync()).Collection);
        Assert.Null(await _engine.Jobs.ClaimAsync("w", CancellationToken.None));
    }

    [Fact]
    public async Task Nothing_of_a_removed_collection_is_begun()
    {
        var collection = await _engine.CreateCollectionAsync();
        await QueueManyAsync(collection, 2);
        await _engine.Collections.DeleteAsync(collection.Id, CancellationToken.None);

        Assert.Null(await _engine.Jobs.ClaimAsync("w", CancellationToken.None));
    }

    private async Task<ClaimedJob> ClaimAsync() =>
        await _engine.Jobs.ClaimAsync("w", CancellationToken.None) ?? throw new InvalidOperationException("There is no job to claim.");

    private Task FinishAsync(ClaimedJob job) =>
        _engine.ExecuteAsync("update jobs set state = 'done', lease_until = null, finished = now() where id = $1", job.Id.Value);

    /// <summary>Documents and jobs without what makes them slow to submit.</summary>
    private Task QueueManyAsync(Collection collection, int count) => _engine.ExecuteAsync(
        """
        with blob as (
            insert into blobs (collection_id, sha256, size_bytes) values ($1, sha256('x'), 1) returning collection_id, sha256),
        made as (
            insert into documents (id, collection_id, source_id, name, sha256, size_bytes, status)
            select gen_random_uuid(), collection_id, 'd' || n, 'd', sha256, 1, 'queued' from blob, generate_series(1, $2) as n returning id, collection_id)
        insert into jobs (id, collection_id, document_id, state, available_at) select gen_random_uuid(), collection_id, id, 'queued', now() from made
        """,
        collection.Id.Value,
        count);
}
