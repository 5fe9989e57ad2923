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
        await _engine.ExecuteAsync("update jobs set priority = 2 where id in (select id from jobs order by id limit 2)");
        var bulk = 0;

        for (var i = 0; i < 8; i++)
        {
            bulk += await PriorityAsync(await ClaimAsync()) == (short)JobPriority.Bulk ? 1 : 0;
        }

        Assert.Equal(1, bulk);
    }

    [Fact]
    public async Task Of_two_collections_that_are_both_sent_documents_without_a_pause_each_has_its_turns_for_what_is_in_bulk()
    {
        // One place, so the two take turns: claims 8, 16, 24 and so on are all the second's.
        var first = await _engine.CreateCollectionAsync();
        var second = await _engine.CreateCollectionAsync();
        foreach (var collection in new[] { first, second })
        {
            await QueueManyAsync(collection, 40);
            await _engine.ExecuteAsync(
                "update jobs set priority = 2 where id in (select id from jobs where collection_id = $1 order by id limit 5)", collection.Id.Value);
        }

        var served = new List<(CollectionId Collection, short Priority)>();
        for (var i = 0; i < 32; i++)
        {
            var job = await ClaimAsync();
            served.Add((job.Collection, await PriorityAsync(job)));
            await FinishAsync(job);
        }

        foreach (var collection in new[] { first, second })
        {
            Assert.Equal(16, served.Count(job => job.Collection == collection.Id));
            Assert.Equal(2, served.Count(job => job == (collection.Id, (short)JobPriority.Bulk)));
        }
    }

    [Fact]
    public async Task What_is_one_of_many_gets_a_turn_though_there_is_always_something_of_either_other_kind()
    {
        var collection = await _engine.CreateCollectionAsync();
        await QueueManyAsync(collection, 60);
        await _engine.ExecuteAsync("update jobs set priority = n % 3 from (select id, row_number() over () as n from jobs) as numbered where numbered.id = jobs.id");

        var served = new List<short>();
        for (var i = 0; i < 16; i++)
        {
            served.Add(await PriorityAsync(await ClaimAsync()));
        }

        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2], served);
    }

    [Fact]
    public void With_more_collections_than_are_remembered_chance_gives_turns_to_what_is_in_bulk()
    {
        var turns = new Turns();
        for (var i = 0; i < 300; i++)
        {
            Assert.Equal((short)(i < 256 ? JobPriority.Asked : JobPriority.Bulk), turns.Next(new LastOf()).BeginOfOthers);
            turns.Take(CollectionId.New());
        }
    }

    [Fact]
    public async Task One_that_somebody_sends_by_itself_does_not_wait_for_the_hundreds_that_were_sent_before_it()
    {
        var collection = await _engine.CreateCollectionAsync();
        await SubmitManyAsync(collection, 300, "large", new SenderId(Guid.NewGuid()));

        var single = (await _engine.SubmitAsync(collection, "by itself", sender: new SenderId(Guid.NewGuid()))).Document;

        Assert.InRange(await ClaimsUntilAsync([single.Id]), 1, 10);
    }

    [Fact]
    public async Task So_does_one_of_the_same_sender_once_the_others_have_been_there_for_a_minute()
    {
        var collection = await _engine.CreateCollectionAsync();
        await SubmitManyAsync(collection, 100, "large", default);
        var inTheirWake = (await _engine.SubmitAsync(collection, "one more")).Document;
        await _engine.ExecuteAsync("update jobs set created = created - interval '1 minute'");

        var single = (await _engine.SubmitAsync(collection, "by itself")).Document;

        Assert.InRange(await ClaimsUntilAsync([single.Id]), 1, 10);
        Assert.Equal(JobPriority.Bulk, (JobPriority)await _engine.ScalarAsync<short>("select priority from jobs where document_id = $1", inTheirWake.Id.Value));
    }

    [Fact]
    public async Task A_small_upload_is_done_before_the_rest_of_a_large_one_into_the_same_collection()
    {
        var collection = await _engine.CreateCollectionAsync();
        await SubmitManyAsync(collection, 300, "large", new SenderId(Guid.NewGuid()));

        var small = await SubmitManyAsync(collection, 20, "small", new SenderId(Guid.NewGuid()));

        // Before them or between: the 64 first ones of the large upload, and what turns give to the others.
        Assert.InRange(await ClaimsUntilAsync(small), 20, 64 + 20 + 12);
    }

    [Fact]
    public async Task One_document_that_is_sent_again_while_a_large_upload_waits_with_it_is_asked_for_anew()
    {
        var collection = await _engine.CreateCollectionAsync();
        await SubmitManyAsync(collection, 100, "large", new SenderId(Guid.NewGuid()));

        var again = (await _engine.SubmitAsync(collection, "changed", sourceId: "large 90", sender: new SenderId(Guid.NewGuid()))).Document;

        Assert.InRange(await ClaimsUntilAsync([again.Id]), 1, 10);
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

    /// <summary>How many are claimed until all of these are, with one place.</summary>
    private async Task<int> ClaimsUntilAsync(IReadOnlyList<DocumentId> documents)
    {
        var missing = documents.ToHashSet();
        for (var claims = 1; ; claims++)
        {
            var job = await ClaimAsync();
            missing.Remove(job.Document);
            if (missing.Count == 0)
            {
                return claims;
            }

            await FinishAsync(job);
        }
    }

    private Task<short> PriorityAsync(ClaimedJob job) => _engine.ScalarAsync<short>("select priority from jobs where id = $1", job.Id.Value);

    private async Task<List<DocumentId>> SubmitManyAsync(Collection collection, int count, string name, SenderId sender)
    {
        var documents = new List<DocumentId>();
        for (var i = 0; i < count; i++)
        {
            documents.Add((await _engine.SubmitAsync(collection, $"{name} {i}", sourceId: $"{name} {i}", sender: sender)).Document.Id);
        }

        return documents;
    }

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

    /// <summary>Chance that always says the last number.</summary>
    private sealed class LastOf : Random
    {
        public override int Next(int maxValue) => maxValue - 1;
    }
}
