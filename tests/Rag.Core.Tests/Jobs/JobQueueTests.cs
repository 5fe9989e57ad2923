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
        var chunk = Assert.Single((await _engine.Documents.ListChunksAsync(_collection.Id, submitted.Id, 10, null, null, CancellationToken.None)).Items);
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
        Assert.Equal(FailureOutcome.Lost, await _engine.Jobs.FailAsync(loser, FailureKind.Document, new Problem("x", "x"), "extract", CancellationToken.None));
        Assert.False(await CompleteAsync(loser, 0));
        Assert.True(await WriteAsync(winner, "what the winner read"));
        Assert.False(await CompleteAsync(loser, 0));

        var document = await _engine.Documents.GetAsync(_collection.Id, submitted.Id, CancellationToken.None);
        Assert.Equal(winner.Generation, document.ActiveGeneration);
        Assert.Equal(DocumentStatus.Ready, document.Status);
        await _engine.ExecuteAsync("update generations set created = now() - interval '1 hour'");
        Assert.Equal(1, (await _engine.Get<Sweeper>().SweepAsync(new SweepAges(), includeFiles: false, CancellationToken.None))!.Generations);
        Assert.Equal(winner.Generation, await _engine.ScalarAsync<long>("select generation from generations where document_id = $1", submitted.Id.Value));
    }

    [Fact]
    public async Task A_generation_that_nobody_will_activate_is_swept_and_one_in_work_is_not()
    {
        await _engine.SubmitAsync(_collection, "abandoned", sourceId: "abandoned");
        var abandoned = await ClaimAsync();
        await WriteTextAsync(abandoned, "abandoned");
        await _engine.SubmitAsync(_collection, "abandoned, newer", sourceId: "abandoned");
        await _engine.SubmitAsync(_collection, "in work", sourceId: "in work");
        // Which of the two documents is claimed first does not matter: one is abandoned, its newest content is not written yet, one is written.
        ClaimedJob[] claims = [await ClaimAsync(), await ClaimAsync()];
        var newer = claims.Single(job => job.Document == abandoned.Document);
        var working = claims.Single(job => job.Document != abandoned.Document);
        Assert.True(newer.Generation > abandoned.Generation);
        await WriteTextAsync(working, "in work");
        await _engine.ExecuteAsync("update generations set created = now() - interval '1 hour'");
        Assert.Equal(2, await _engine.ScalarAsync<long>("select count(*) from generations"));

        var result = await _engine.Get<Sweeper>().SweepAsync(new SweepAges(), includeFiles: false, CancellationToken.None);

        Assert.Equal(1, result!.Generations);
        Assert.Equal(working.Generation, await _engine.ScalarAsync<long>("select min(generation) from generations"));
        Assert.Equal(1, await _engine.ScalarAsync<long>("select count(*) from generations"));
        Assert.Equal(0, await _engine.ScalarAsync<long>("select count(*) from chunks where generation = $1", abandoned.Generation));
        Assert.Equal(1, await _engine.ScalarAsync<long>("select count(*) from chunks where generation = $1", working.Generation));
    }

    [Fact]
    public async Task A_documents_own_fault_parks_at_once_with_the_reason()
    {
        var submitted = (await _engine.SubmitAsync(_collection, "bad")).Document;
        var job = await ClaimAsync();

        var outcome = await _engine.Jobs.FailAsync(job, FailureKind.Document, new Problem("corrupt-file", "It is cut off."), "extract", CancellationToken.None);

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

        Assert.Equal(FailureOutcome.Retried, await _engine.Jobs.FailAsync(await ClaimAsync(), FailureKind.Passing, problem, "extract", CancellationToken.None));

        Assert.Null(await _engine.Jobs.ClaimAsync("w", CancellationToken.None));
        var waiting = await _engine.Documents.GetAsync(_collection.Id, submitted.Id, CancellationToken.None);
        Assert.Equal(DocumentStatus.Queued, waiting.Status);
        Assert.Equal("model-away", waiting.Problem?.Code);
        await _engine.ExecuteAsync("update jobs set available_at = now()");
        Assert.Equal(FailureOutcome.Parked, await _engine.Jobs.FailAsync(await ClaimAsync(), FailureKind.Passing, problem, "extract", CancellationToken.None));
        Assert.Equal(DocumentStatus.Failed, (await _engine.Documents.GetAsync(_collection.Id, submitted.Id, CancellationToken.None)).Status);
        Assert.Equal(1, await _engine.Documents.RetryFailedAsync([_collection.Id], CancellationToken.None));
        Assert.Equal(1, (await ClaimAsync()).Attempt);
    }

    [Fact]
    public async Task An_outage_parks_nothing_before_its_time_is_over()
    {
        await _engine.SubmitAsync(_collection, "waits for the model");
        var problem = new Problem("model-away", "The model does not answer.");
        for (var attempt = 1; attempt <= 4; attempt++)
        {
            Assert.Equal(FailureOutcome.Retried, await _engine.Jobs.FailAsync(await ClaimAsync(), FailureKind.Dependency, problem, "embed", CancellationToken.None));
            await _engine.ExecuteAsync("update jobs set available_at = now()");
        }

        await _engine.ExecuteAsync("update jobs set first_failed = now() - interval '7 hours'");

        Assert.Equal(FailureOutcome.Parked, await _engine.Jobs.FailAsync(await ClaimAsync(), FailureKind.Dependency, problem, "embed", CancellationToken.None));
    }

    [Fact]
    public async Task Very_many_failed_documents_are_queued_again_some_at_a_time()
    {
        var first = (await _engine.SubmitAsync(_collection, "first")).Document;
        await _engine.ExecuteAsync(
            """
            insert into documents (id, collection_id, source_id, name, sha256, size_bytes, status)
            select ('ffffffff-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, collection_id, n::text, 'n', sha256, size_bytes, 'failed' from documents, generate_series(1, 450) n;
            insert into jobs (id, collection_id, document_id, state, finished) select gen_random_uuid(), collection_id, id, 'parked', now() from documents where status = 'failed'
            """);
        await using var connection = await _engine.Source.OpenConnectionAsync();
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await connection.Sql("select 1 from documents where source_id = '450' for update").RunAsync(CancellationToken.None);
            using var limit = new CancellationTokenSource();
            var requeueing = _engine.Documents.RetryFailedAsync([_collection.Id], limit.Token);
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (await _engine.ScalarAsync<long>("select count(*) from jobs where state = 'queued' and document_id <> $1", first.Id.Value) < 400)
            {
                await Task.Delay(20, deadline.Token);
            }

            await limit.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => requeueing);
        }

        Assert.Equal(50, await _engine.Documents.RetryFailedAsync([_collection.Id], CancellationToken.None));
        Assert.Equal(451, await _engine.ScalarAsync<long>("select count(*) from jobs where state = 'queued'"));
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
            await _engine.ExecuteAsync("update jobs set available_at = now()");
        }

        var document = await _engine.Documents.GetAsync(_collection.Id, submitted.Id, CancellationToken.None);
        Assert.Equal(20, claims);
        Assert.Equal("worker-lost", document.Problem?.Code);
    }

    [Fact]
    public async Task A_job_that_another_transaction_holds_is_not_waited_for_and_the_others_are_taken()
    {
        await _engine.SubmitAsync(_collection, "held");
        await _engine.SubmitAsync(_collection, "document held");
        await _engine.SubmitAsync(_collection, "left");
        ClaimedJob[] jobs = [await ClaimAsync(), await ClaimAsync(), await ClaimAsync()];
        await _engine.ExecuteAsync("update jobs set lease_until = now() - interval '1 second'");
        await using var connection = await _engine.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.Sql("select 1 from jobs where id = $1 for update", jobs[0].Id.Value).RunAsync(CancellationToken.None);
        await connection.Sql("select 1 from documents where id = $1 for update", jobs[1].Document.Value).RunAsync(CancellationToken.None);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));

        Assert.Equal(1, await _engine.Jobs.ReclaimAsync([], limit.Token));

        Assert.Equal("queued", await _engine.ScalarAsync<string>("select state from jobs where id = $1", jobs[2].Id.Value));
        await transaction.RollbackAsync();
        Assert.Equal(2, await _engine.Jobs.ReclaimAsync([], limit.Token));
    }

    [Fact]
    public async Task A_job_that_cannot_be_taken_back_does_not_keep_the_others_waiting()
    {
        var bad = (await _engine.SubmitAsync(_collection, "bad")).Document;
        await _engine.SubmitAsync(_collection, "good");
        await ClaimAsync();
        await ClaimAsync();
        await _engine.ExecuteAsync("update jobs set lease_until = now() - case when document_id = $1 then interval '1 hour' else interval '1 second' end", bad.Id.Value);
        await _engine.ExecuteAsync(
            $$"""
            create function refuse() returns trigger language plpgsql as $f$ begin
                if new.id = '{{bad.Id}}' then raise 'refused'; end if; return new; end $f$;
            create trigger refuse before update on documents for each row execute function refuse();
            """);

        Assert.Equal(1, await _engine.Jobs.ReclaimAsync([], CancellationToken.None));
        await Assert.ThrowsAsync<StorageException>(() => _engine.Jobs.ReclaimAsync([], CancellationToken.None));
    }

    [Fact]
    public async Task Finishing_a_document_does_not_wait_for_the_removal_of_what_it_had_before()
    {
        await _engine.SubmitAsync(_collection, "old", sourceId: "k");
        await WriteAsync(await ClaimAsync(), "old");
        await _engine.SubmitAsync(_collection, "new", sourceId: "k");
        var job = await ClaimAsync();
        // Whoever removes the old chunks now would wait for this one.
        await using var connection = await _engine.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.Sql("select 1 from chunks for update").RunAsync(CancellationToken.None);

        Assert.True(await WriteAsync(job, "new").WaitAsync(TimeSpan.FromSeconds(10)));

        Assert.Equal(2, await _engine.ScalarAsync<long>("select count(*) from generations"));
    }

    [Theory]
    [InlineData(1, null)]
    [InlineData(2, 1)]
    [InlineData(4, 4)]
    [InlineData(7, 30)]
    [InlineData(19, 30)]
    public void Waits_after_losses_grow_to_half_a_minute(int losses, int? seconds) =>
        Assert.Equal(seconds is { } some ? TimeSpan.FromSeconds(some) : null, RetryWait.AfterLoss(losses));

    [Fact]
    public async Task A_job_whose_worker_vanished_twice_lets_others_go_first_and_is_suspected_after_three()
    {
        var submitted = (await _engine.SubmitAsync(_collection, "suspect")).Document;
        for (var loss = 1; loss <= 2; loss++)
        {
            await ExpireAsync(await ClaimAsync());
            await _engine.Jobs.ReclaimAsync([], CancellationToken.None);
        }

        Assert.True(await _engine.ScalarAsync<bool>("select available_at > now() from jobs where document_id = $1", submitted.Id.Value));
        await _engine.SubmitAsync(_collection, "innocent");
        await _engine.ExecuteAsync("update jobs set available_at = now() + interval '1 minute' where document_id = $1", submitted.Id.Value);
        Assert.NotEqual(submitted.Id, (await ClaimAsync()).Document);
        await _engine.ExecuteAsync("update jobs set available_at = now() where document_id = $1", submitted.Id.Value);
        var again = await ClaimAsync();
        Assert.False(again.IsSuspect);
        await ExpireAsync(again);
        await _engine.Jobs.ReclaimAsync([], CancellationToken.None);
        await _engine.ExecuteAsync("update jobs set available_at = now() where document_id = $1", submitted.Id.Value);
        Assert.True((await ClaimAsync()).IsSuspect);
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
