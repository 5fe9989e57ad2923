using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Rag.Core.Chunking;
using Rag.Core.Documents;
using Rag.Core.Extraction;
using Rag.Core.Indexing.Analysis;
using Rag.Core.Jobs;
using Rag.Core.Storage;
using Rag.Core.Tests.Storage;
using Rag.Testing;

namespace Rag.Core.Tests.Jobs;

[Collection(PostgresCollection.Name)]
public sealed class JobQueueTests(PostgresFixture postgres) : IAsyncLifetime
{
    private TestEngine _engine = null!;
    private Collection _collection = null!;

    public async Task InitializeAsync()
    {
        _engine = await TestEngine.StartAsync(postgres, new Dictionary<string, string?> { ["Rag:Jobs:MaxAttempts"] = "2" });
        _collection = await _engine.CreateCollectionAsync();
    }

    public async Task DisposeAsync() => await _engine.DisposeAsync();

    [Fact]
    public async Task Eight_claimers_get_every_job_once_each_with_its_own_generation()
    {
        const int Count = 200;
        for (var i = 0; i < Count; i++)
        {
            await _engine.SubmitAsync(_collection, $"text {i}");
        }

        var claimed = new ConcurrentBag<ClaimedJob>();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async worker =>
        {
            while (await _engine.Jobs.ClaimAsync($"w{worker}", CancellationToken.None) is { } job)
            {
                claimed.Add(job);
            }
        }));

        Assert.Equal(Count, claimed.Count);
        Assert.Equal(Count, claimed.Select(job => job.Id).Distinct().Count());
        Assert.Equal(Count, claimed.Select(job => job.Generation).Distinct().Count());
    }

    [Fact]
    public async Task A_finished_job_makes_its_generation_the_searched_one_and_tells_indexes_and_clients()
    {
        var submitted = (await _engine.SubmitAsync(_collection, "One two three.")).Document;
        var job = await ClaimAsync();

        Assert.True(await WriteAsync(job, "One two three."));

        var document = await _engine.Documents.GetAsync(_collection.Id, submitted.Id, CancellationToken.None);
        Assert.Equal(DocumentStatus.Ready, document.Status);
        Assert.Equal(job.Generation, document.ActiveGeneration);
        Assert.Equal(1, document.Chunks);
        Assert.Equal(1, document.Attempts);
        var change = await _engine.ScalarAsync<long>("select generation from index_changes where collection_id = $1 and document_id = $2", _collection.Id.Value, submitted.Id.Value);
        Assert.Equal(job.Generation, change);
        var events = await _engine.Events.ReadAsync(_collection.Id, 0, 100, CancellationToken.None);
        Assert.Equal(["queued", "ready"], events.Select(item => item.Status));
        var chunk = Assert.Single((await _engine.Documents.ListChunksAsync(_collection.Id, submitted.Id, 10, null, CancellationToken.None)).Items);
        Assert.Equal(ChunkId.For(submitted.Id, job.Generation, 0), chunk.Id);
    }

    [Fact]
    public async Task Who_lost_the_lease_can_neither_finish_nor_fail_nor_renew_and_his_rows_are_swept()
    {
        var submitted = (await _engine.SubmitAsync(_collection, "fenced")).Document;
        var loser = await ClaimAsync();
        await WriteTextAsync(loser, "what the loser read");
        await ExpireAsync(loser);
        Assert.Equal(1, await _engine.Jobs.ReclaimAsync([], CancellationToken.None));
        var winner = await ClaimAsync();

        Assert.True(winner.Generation > loser.Generation);
        Assert.Equal(1, winner.Attempt);
        Assert.False(await _engine.Jobs.RenewAsync(loser, CancellationToken.None));
        Assert.False(await _engine.Jobs.ReportAsync(loser, "store", 50, CancellationToken.None));
        Assert.False(await _engine.Jobs.ReleaseAsync(loser, CancellationToken.None));
        Assert.Equal(FailureOutcome.Lost, await _engine.Jobs.FailAsync(loser, FailureKind.Document, new Problem("x", "x"), CancellationToken.None));
        Assert.False(await CompleteAsync(loser, 0));
        Assert.True(await WriteAsync(winner, "what the winner read"));
        Assert.False(await CompleteAsync(loser, 0));

        var document = await _engine.Documents.GetAsync(_collection.Id, submitted.Id, CancellationToken.None);
        Assert.Equal(winner.Generation, document.ActiveGeneration);
        Assert.Equal(DocumentStatus.Ready, document.Status);
        // Older than the winner's, so it went with the winner's last step.
        Assert.Equal(1, await _engine.ScalarAsync<long>("select count(*) from generations where document_id = $1", submitted.Id.Value));
    }

    [Fact]
    public async Task A_generation_that_nobody_will_activate_is_swept_and_one_in_work_is_not()
    {
        await _engine.SubmitAsync(_collection, "abandoned", sourceId: "abandoned");
        var abandoned = await ClaimAsync();
        await WriteTextAsync(abandoned, "abandoned");
        await _engine.SubmitAsync(_collection, "abandoned, newer", sourceId: "abandoned");
        await _engine.SubmitAsync(_collection, "in work", sourceId: "in work");
        var newer = await ClaimAsync();
        var working = await ClaimAsync();
        await WriteTextAsync(working, "in work");
        await _engine.ExecuteAsync("update generations set created = now() - interval '1 hour'");

        var result = await _engine.Get<Sweeper>().SweepAsync(new SweepAges(), includeFiles: false, CancellationToken.None);

        Assert.Equal(1, result!.Generations);
        Assert.Equal(working.Generation, await _engine.ScalarAsync<long>("select max(generation) from generations"));
        Assert.NotEqual(newer.Generation, abandoned.Generation);
    }

    [Fact]
    public async Task A_documents_own_fault_parks_at_once_with_the_reason()
    {
        var submitted = (await _engine.SubmitAsync(_collection, "bad")).Document;
        var job = await ClaimAsync();

        var outcome = await _engine.Jobs.FailAsync(job, FailureKind.Document, new Problem("corrupt-file", "It is cut off."), CancellationToken.None);

        Assert.Equal(FailureOutcome.Parked, outcome);
        var document = await _engine.Documents.GetAsync(_collection.Id, submitted.Id, CancellationToken.None);
        Assert.Equal(DocumentStatus.Failed, document.Status);
        Assert.Equal(new Problem("corrupt-file", "It is cut off."), document.Problem);
        Assert.Null(await _engine.Jobs.ClaimAsync("w", CancellationToken.None));
        Assert.Equal(1, (await _engine.Jobs.DepthAsync(CancellationToken.None)).Parked);
    }

    [Fact]
    public async Task A_passing_failure_comes_back_after_a_wait_and_is_parked_after_the_last_attempt()
    {
        var submitted = (await _engine.SubmitAsync(_collection, "unlucky")).Document;
        var problem = new Problem("model-away", "The model does not answer.");

        Assert.Equal(FailureOutcome.Retried, await _engine.Jobs.FailAsync(await ClaimAsync(), FailureKind.Passing, problem, CancellationToken.None));

        Assert.Null(await _engine.Jobs.ClaimAsync("w", CancellationToken.None));
        var waiting = await _engine.Documents.GetAsync(_collection.Id, submitted.Id, CancellationToken.None);
        Assert.Equal(DocumentStatus.Queued, waiting.Status);
        Assert.Equal("model-away", waiting.Problem?.Code);
        await _engine.ExecuteAsync("update jobs set available_at = now()");
        Assert.Equal(FailureOutcome.Parked, await _engine.Jobs.FailAsync(await ClaimAsync(), FailureKind.Passing, problem, CancellationToken.None));
        Assert.Equal(DocumentStatus.Failed, (await _engine.Documents.GetAsync(_collection.Id, submitted.Id, CancellationToken.None)).Status);
        Assert.Equal(1, await _engine.Documents.ReprocessFailedAsync(_collection.Id, CancellationToken.None));
        Assert.Equal(1, (await ClaimAsync()).Attempt);
    }

    [Fact]
    public async Task A_released_job_is_claimed_at_once_and_the_attempt_does_not_count()
    {
        await _engine.SubmitAsync(_collection, "released");
        var first = await ClaimAsync();

        Assert.True(await _engine.Jobs.ReleaseAsync(first, CancellationToken.None));

        var second = await ClaimAsync();
        Assert.Equal((1, 0), (second.Attempt, second.Losses));
        Assert.NotEqual(first.Generation, second.Generation);
    }

    [Fact]
    public async Task A_document_whose_worker_always_vanishes_is_parked_in_the_end()
    {
        var submitted = (await _engine.SubmitAsync(_collection, "poison")).Document;
        var claims = 0;
        while (await _engine.Jobs.ClaimAsync("w", CancellationToken.None) is { } job)
        {
            claims++;
            Assert.InRange(claims, 1, 20);
            await ExpireAsync(job);
            await _engine.Jobs.ReclaimAsync([], CancellationToken.None);
        }

        var document = await _engine.Documents.GetAsync(_collection.Id, submitted.Id, CancellationToken.None);
        Assert.Equal(20, claims);
        Assert.Equal("worker-lost", document.Problem?.Code);
    }

    [Fact]
    public async Task A_report_is_seen_by_clients_and_a_lease_that_is_renewed_is_not_reclaimed()
    {
        var submitted = (await _engine.SubmitAsync(_collection, "long")).Document;
        var job = await ClaimAsync();
        await ExpireAsync(job);

        Assert.True(await _engine.Jobs.ReportAsync(job, "embed", 60, CancellationToken.None));

        Assert.Equal(0, await _engine.Jobs.ReclaimAsync([], CancellationToken.None));
        var document = await _engine.Documents.GetAsync(_collection.Id, submitted.Id, CancellationToken.None);
        Assert.Equal((DocumentStatus.Processing, "embed", 60), (document.Status, document.Stage, document.Progress));
    }

    [Fact]
    public async Task Only_a_worker_whose_presence_is_gone_is_absent_and_its_jobs_can_be_taken_before_their_leases_end()
    {
        await _engine.SubmitAsync(_collection, "one", sourceId: "one");
        await _engine.SubmitAsync(_collection, "two", sourceId: "two");
        var presence = new WorkerPresence(_engine.Source, _engine.Get<StorageReadiness>(), NullLogger<WorkerPresence>.Instance);
        await presence.StartAsync(CancellationToken.None);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!presence.Name.Contains('#', StringComparison.Ordinal))
        {
            await Task.Delay(20, limit.Token);
        }

        var name = presence.Name;
        await _engine.Jobs.ClaimAsync(name, CancellationToken.None);
        await _engine.Jobs.ClaimAsync("elsewhere/1#1", CancellationToken.None);
        Assert.Equal(["elsewhere/1#1"], await _engine.Jobs.FindAbsentWorkersAsync(CancellationToken.None));

        await presence.StopAsync(CancellationToken.None);
        List<string> absent;
        do
        {
            absent = await _engine.Jobs.FindAbsentWorkersAsync(limit.Token);
        }
        while (absent.Count < 2);

        Assert.Equal(1, await _engine.Jobs.ReclaimAsync([name], CancellationToken.None));
        Assert.Equal("elsewhere/1#1", await _engine.ScalarAsync<string>("select worker from jobs where state = 'running'"));
        presence.Dispose();
    }

    [Theory]
    [InlineData(1, 4, 5)]
    [InlineData(2, 16, 20)]
    [InlineData(4, 256, 320)]
    [InlineData(5, 480, 600)]
    [InlineData(60, 480, 600)]
    public void Waits_grow_to_ten_minutes(int attempt, int leastSeconds, int mostSeconds)
    {
        Assert.Equal(TimeSpan.FromSeconds(mostSeconds), RetryWait.After(attempt, 0));
        Assert.Equal(leastSeconds, RetryWait.After(attempt, 1).TotalSeconds, 0.001);
    }

    private async Task<ClaimedJob> ClaimAsync() =>
        await _engine.Jobs.ClaimAsync("worker", CancellationToken.None) ?? throw new InvalidOperationException("There is no job to claim.");

    private Task ExpireAsync(ClaimedJob job) => _engine.ExecuteAsync("update jobs set lease_until = now() - interval '1 second' where id = $1", job.Id.Value);

    private async Task WriteTextAsync(ClaimedJob job, string text)
    {
        await using var connection = await _engine.Source.OpenConnectionAsync();
        var (generation, chunks) = Generation(job, text);
        await GenerationWriter.WriteTextAsync(connection, generation, CancellationToken.None);
        await GenerationWriter.WriteChunksAsync(connection, generation, chunks, null, CancellationToken.None);
    }

    private async Task<bool> WriteAsync(ClaimedJob job, string text)
    {
        await WriteTextAsync(job, text);
        return await CompleteAsync(job, 1);
    }

    private async Task<bool> CompleteAsync(ClaimedJob job, int chunks)
    {
        await using var connection = await _engine.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        if (!await JobQueue.CompleteAsync(connection, job, new CompletedGeneration(chunks, null, "text/plain", null, []), CancellationToken.None))
        {
            return false;
        }

        await transaction.CommitAsync();
        return true;
    }

    private static (GenerationText Generation, ChunkToWrite[] Chunks) Generation(ClaimedJob job, string text)
    {
        var content = new ExtractedDocument
        {
            Text = text,
            Blocks = [new Block(BlockKind.Paragraph, 0, text.Length, [])],
            Extractor = "text-1",
            MediaType = "text/plain",
        };
        var analyzer = Analyzers.ForLanguage("en");
        var generation = new GenerationText(job.Collection, job.Document, job.Generation, job.Sha256, content, analyzer.Version);
        return (generation, [.. Chunker.Chunk(content, new ChunkingSettings()).Select(chunk => new ChunkToWrite(chunk, TermVector.OfChunk(analyzer, null, chunk), null))]);
    }
}
