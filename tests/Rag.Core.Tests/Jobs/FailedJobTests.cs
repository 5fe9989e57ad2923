using Rag.Core.Documents;
using Rag.Core.Jobs;
using Rag.Core.Tests.Storage;
using Rag.Testing;

namespace Rag.Core.Tests.Jobs;

[Collection(PostgresCollection.Name)]
public sealed class FailedJobTests(PostgresFixture postgres) : IAsyncLifetime
{
    private TestEngine _engine = null!;
    private Collection _collection = null!;

    private FailedJobs Failed => _engine.Get<FailedJobs>();

    public async Task InitializeAsync()
    {
        _engine = await TestEngine.StartAsync(postgres, new Dictionary<string, string?> { ["Rag:Jobs:MaxAttempts"] = "2" });
        _collection = await _engine.CreateCollectionAsync();
    }

    public async Task DisposeAsync() => await _engine.DisposeAsync();

    [Fact]
    public async Task A_parked_job_says_why_where_how_often_and_when()
    {
        var document = (await _engine.SubmitAsync(_collection, "a", name: "broken.pdf", title: "Broken")).Document;
        await _engine.Jobs.FailAsync(await ClaimAsync(), FailureKind.Passing, new Problem("model-away", "It does not answer."), "embed", CancellationToken.None);
        await _engine.ExecuteAsync("update jobs set available_at = now(), first_failed = first_failed - interval '1 minute'");
        Assert.Empty((await ListAsync()).Items);
        await _engine.Jobs.FailAsync(await ClaimAsync(), FailureKind.Passing, new Problem("corrupt-file", "It ends in the middle."), "extract", CancellationToken.None);

        var job = Assert.Single((await ListAsync()).Items);

        Assert.Equal(document.Id, job.Document);
        Assert.Equal(_collection.Name, job.Collection);
        Assert.Equal(("broken.pdf", "Broken"), (job.DocumentName, job.Title));
        Assert.Equal(JobState.Parked, job.State);
        Assert.Equal(new Problem("corrupt-file", "It ends in the middle."), job.Problem);
        Assert.Equal("extract", job.Stage);
        Assert.Equal((2, 0), (job.Attempts, job.Losses));
        Assert.InRange(job.LastFailed!.Value - job.FirstFailed!.Value, TimeSpan.FromSeconds(59), TimeSpan.FromMinutes(2));
        Assert.NotNull(job.Finished);
    }

    [Fact]
    public async Task A_worker_that_vanishes_for_good_leaves_the_stage_it_was_last_seen_at()
    {
        await _engine.SubmitAsync(_collection, "a");
        await _engine.ExecuteAsync("update jobs set losses = 19");
        var job = await ClaimAsync();
        await _engine.Jobs.ReportAsync(job, "chunk", 30, CancellationToken.None);
        await _engine.ExecuteAsync("update jobs set lease_until = now() - interval '1 second'");
        Assert.Equal(1, await _engine.Jobs.ReclaimAsync([], CancellationToken.None));

        var parked = Assert.Single((await ListAsync()).Items);

        Assert.Equal(("chunk", 20, "worker-lost"), (parked.Stage, parked.Losses, parked.Problem!.Code));
    }

    [Fact]
    public async Task Pages_go_from_the_last_that_failed_to_the_first_and_hold_each_once()
    {
        var all = await ParkAsync(_collection, 5);

        var first = await Failed.ListAsync(null, 2, null, CancellationToken.None);
        var second = await Failed.ListAsync(null, 2, first.NextCursor, CancellationToken.None);
        var third = await Failed.ListAsync(null, 2, second.NextCursor, CancellationToken.None);

        Assert.Equal(all.AsEnumerable().Reverse(), first.Items.Concat(second.Items).Concat(third.Items).Select(job => job.Document));
        Assert.Null(third.NextCursor);
    }

    [Fact]
    public async Task Retrying_one_queues_its_document_anew_and_the_old_job_stays_in_its_history()
    {
        var document = (await ParkAsync(_collection, 1))[0];
        var parked = Assert.Single((await ListAsync()).Items);

        await Failed.RetryAsync(parked.Id, null, CancellationToken.None);

        Assert.Empty((await ListAsync()).Items);
        Assert.Equal(DocumentStatus.Queued, (await _engine.Documents.GetAsync(_collection.Id, document, CancellationToken.None)).Status);
        var history = (await Failed.HistoryAsync(_collection.Id, document, 10, null, CancellationToken.None)).Items;
        Assert.Equal([JobState.Queued, JobState.Superseded], history.Select(job => job.State));
        Assert.Equal("corrupt-file", history[1].Problem!.Code);
        Assert.Equal(1, (await ClaimAsync()).Attempt);
        Assert.Equal("job-not-found", (await Assert.ThrowsAsync<RagException>(() => Failed.RetryAsync(parked.Id, null, CancellationToken.None))).Code);
    }

    [Fact]
    public async Task A_discarded_job_leaves_the_list_and_its_document_stays_failed_until_it_is_processed_again()
    {
        var document = (await ParkAsync(_collection, 1))[0];
        var parked = Assert.Single((await ListAsync()).Items);

        await Failed.DiscardAsync(parked.Id, null, CancellationToken.None);

        Assert.Empty((await ListAsync()).Items);
        Assert.Equal(0, await Failed.RetryAllAsync(null, CancellationToken.None));
        var failed = await _engine.Documents.GetAsync(_collection.Id, document, CancellationToken.None);
        Assert.Equal((DocumentStatus.Failed, "corrupt-file"), (failed.Status, failed.Problem!.Code));
        Assert.Equal("job-not-found", (await Assert.ThrowsAsync<RagException>(() => Failed.DiscardAsync(parked.Id, null, CancellationToken.None))).Code);
        Assert.Equal(DocumentStatus.Queued, (await _engine.Documents.ReprocessAsync(_collection.Id, document, CancellationToken.None)).Status);

        await _engine.ExecuteAsync("update jobs set finished = now() - interval '8 days' where state = 'discarded'");
        Assert.True((await _engine.Get<Sweeper>().SweepAsync(new SweepAges(), includeFiles: false, CancellationToken.None))!.Rows > 0);
        Assert.Equal(0L, await _engine.ScalarAsync<long>("select count(*) from jobs where state = 'discarded'"));
    }

    [Fact]
    public async Task All_means_all_of_the_collections_that_are_named_and_nothing_else()
    {
        var other = await _engine.CreateCollectionAsync();
        var kept = (await ParkAsync(other, 2))[0];
        await ParkAsync(_collection, 3);

        Assert.Equal(3, await Failed.RetryAllAsync([_collection.Id], CancellationToken.None));
        Assert.Equal([other.Name, other.Name], (await ListAsync()).Items.Select(job => job.Collection));
        var parked = (await ListAsync()).Items.Single(job => job.Document == kept);
        Assert.Equal("job-not-found", (await Assert.ThrowsAsync<RagException>(() => Failed.DiscardAsync(parked.Id, [_collection.Id], CancellationToken.None))).Code);
        Assert.Equal("job-not-found", (await Assert.ThrowsAsync<RagException>(() => Failed.RetryAsync(parked.Id, [_collection.Id], CancellationToken.None))).Code);
        Assert.Equal(0, await Failed.DiscardAllAsync([_collection.Id], CancellationToken.None));
        Assert.Equal(2, await Failed.DiscardAllAsync(null, CancellationToken.None));
        Assert.Empty((await ListAsync()).Items);
    }

    [Fact]
    public async Task What_a_removed_collection_left_is_not_listed()
    {
        await ParkAsync(_collection, 1);
        await _engine.Collections.DeleteAsync(_collection.Id, CancellationToken.None);

        Assert.Empty((await ListAsync()).Items);
        Assert.Equal(0, await Failed.RetryAllAsync(null, CancellationToken.None));
        Assert.Empty((await _engine.Get<QueueControl>().GetAsync(null, CancellationToken.None)).Collections);
    }

    private async Task<List<DocumentId>> ParkAsync(Collection collection, int count)
    {
        var documents = new List<DocumentId>();
        for (var i = 0; i < count; i++)
        {
            documents.Add((await _engine.SubmitAsync(collection, $"text {i} of {collection.Name}")).Document.Id);
            await _engine.Jobs.FailAsync(await ClaimAsync(), FailureKind.Document, new Problem("corrupt-file", "It is cut off."), "extract", CancellationToken.None);
        }

        return documents;
    }

    private Task<Page<JobRecord>> ListAsync() => Failed.ListAsync(null, 50, null, CancellationToken.None);

    private async Task<ClaimedJob> ClaimAsync() =>
        await _engine.Jobs.ClaimAsync("w", CancellationToken.None) ?? throw new InvalidOperationException("There is no job to claim.");
}
