using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Rag.Core.Documents;
using Rag.Core.Embedding;
using Rag.Core.Extraction;
using Rag.Testing;
using RagPlatform.ServiceDefaults.Health;

namespace Rag.Ingest.Tests;

/// <summary>The worker in this process, with an extractor that a test can stop in the middle.</summary>
[Collection(PostgresCollection.Name)]
public sealed class WorkerTests(PostgresFixture postgres) : IAsyncLifetime
{
    private readonly ScriptedExtractor _extractor = new();
    private TestEngine _engine = null!;
    private Collection _collection = null!;

    public async Task InitializeAsync()
    {
        _engine = await TestEngine.StartAsync(
            postgres,
            new Dictionary<string, string?> { ["Rag:Jobs:Lease"] = "00:00:02", ["Rag:Jobs:DrainTime"] = "00:00:00", ["Rag:Embedding:Provider"] = "local" },
            configure: (services, configuration) =>
            {
                services.AddSingleton<IDocumentExtractor>(_extractor);
                services.AddSingleton<Draining>();
                services.AddRagEmbedding(configuration);
                services.AddIngestWorker();
            });
        _collection = await _engine.CreateCollectionAsync();
    }

    public async Task DisposeAsync() => await _engine.DisposeAsync();

    [Fact]
    public async Task A_long_document_is_stored_slice_by_slice_and_whole_with_a_vector_for_each_chunk()
    {
        var text = string.Concat(Enumerable.Range(0, 30_000).Select(i => $"Sentence number {i} says something 😀 about Größe {i % 97}. "));
        var document = await StoredDocuments.ReadyAsync(_engine, (await _engine.SubmitAsync(_collection, text, title: "Long")).Document);

        Assert.Equal(DocumentStatus.Ready, document.Status);
        Assert.True(document.Chunks > 600, $"{document.Chunks} chunks do not need a second slice.");
        await StoredDocuments.AssertWholeAsync(_engine);
        Assert.Equal(document.Chunks, await _engine.ScalarAsync<long>("select count(*) from chunk_embeddings where length(vector) = 4 * 256"));
        var stored = await _engine.Documents.GetTextAsync(_collection.Id, document.Id, null, 0, int.MaxValue, CancellationToken.None);
        Assert.Equal(text, stored!.Text);
    }

    [Theory]
    [InlineData("missing", "no-original")]
    [InlineData("cut", "original-damaged")]
    [InlineData("changed", "original-damaged")]
    public async Task A_document_whose_original_is_not_what_was_sent_is_parked_at_once_and_becomes_ready_when_it_is_sent_again(string how, string code)
    {
        var document = await StoredDocuments.ReadyAsync(_engine, (await _engine.SubmitAsync(_collection, "precious content", sourceId: "p")).Document);
        var file = Directory.EnumerateFiles(_engine.BlobPath, "*", SearchOption.AllDirectories).Single();
        File.Delete(file);
        if (how != "missing")
        {
            await File.WriteAllTextAsync(file, how == "cut" ? "precious" : "precious contemt");
        }

        // Another title is among the terms, so that it is processed again.
        await _engine.Documents.PatchAsync(_collection.Id, document.Id, new DocumentPatch { Title = "New" }, CancellationToken.None);
        var failed = await StoredDocuments.ReadyAsync(_engine, document);

        Assert.Equal((DocumentStatus.Failed, code, 1), (failed.Status, failed.Problem?.Code, failed.Attempts));
        Assert.Contains("Send the same file again", failed.Problem!.Message, StringComparison.Ordinal);
        Assert.Equal(document.ActiveGeneration, failed.ActiveGeneration);
        Assert.Equal(1, await _engine.ScalarAsync<long>("select count(*) from jobs where state = 'parked' and failed_stage = 'extract'"));

        var again = await StoredDocuments.ReadyAsync(_engine, (await _engine.SubmitAsync(_collection, "precious content", sourceId: "p")).Document);
        Assert.Equal((DocumentStatus.Ready, "New"), (again.Status, again.Title));
    }

    [Fact]
    public async Task An_empty_text_with_a_key_is_ready_without_chunks()
    {
        var document = await StoredDocuments.ReadyAsync(_engine, (await _engine.SubmitAsync(_collection, "", sourceId: "empty")).Document);

        Assert.Equal((DocumentStatus.Ready, 0), (document.Status, document.Chunks));
    }

    [Fact]
    public async Task Content_that_arrives_while_the_old_is_in_work_is_what_remains()
    {
        await _engine.SubmitAsync(_collection, "first", sourceId: "k");
        await Eventually.BecomesAsync(() => StoredDocuments.CountAsync(_engine, "ready"), count => count == 1);
        var first = (await _engine.Documents.FindAsync(_collection.Id, "k", CancellationToken.None))!;
        await _engine.SubmitAsync(_collection, "wait old", sourceId: "k");
        await Eventually.BecomesAsync(() => Task.FromResult(_extractor.Waiting), waiting => waiting == 1);
        Assert.Equal(first.ActiveGeneration, (await _engine.Documents.GetAsync(_collection.Id, first.Id, CancellationToken.None)).ActiveGeneration);

        var newest = (await _engine.SubmitAsync(_collection, "newest", sourceId: "k")).Document;
        _extractor.OpenGate();
        var ready = await StoredDocuments.ReadyAsync(_engine, newest);

        Assert.Equal(first.Id, ready.Id);
        Assert.Equal("newest", (await _engine.Documents.GetTextAsync(_collection.Id, ready.Id, null, 0, int.MaxValue, CancellationToken.None))!.Text);
        await Eventually.BecomesAsync(() => Task.FromResult(_extractor.Waiting), waiting => waiting == 0);
        await StoredDocuments.AssertWholeAsync(_engine);
    }

    [Fact]
    public async Task A_document_deleted_while_in_work_ends_quietly()
    {
        var document = (await _engine.SubmitAsync(_collection, "wait and go")).Document;
        await Eventually.BecomesAsync(() => Task.FromResult(_extractor.Waiting), waiting => waiting == 1);

        await _engine.Documents.DeleteAsync(_collection.Id, document.Id, CancellationToken.None);
        _extractor.OpenGate();
        // The next document shows that the worker went on.
        await StoredDocuments.ReadyAsync(_engine, (await _engine.SubmitAsync(_collection, "next")).Document);

        await Eventually.BecomesAsync(() => Task.FromResult(_extractor.Waiting), waiting => waiting == 0);
        Assert.Equal(1, await _engine.ScalarAsync<long>("select count(*) from generations"));
        Assert.Equal("deleted", await _engine.ScalarAsync<string>("select status from document_events where document_id = $1 order by seq desc limit 1", document.Id.Value));
    }

    [Fact]
    public async Task A_worker_that_waits_long_keeps_its_lease_and_shows_its_progress()
    {
        var document = (await _engine.SubmitAsync(_collection, "wait for longer than the lease")).Document;
        await Eventually.BecomesAsync(() => Task.FromResult(_extractor.Waiting), waiting => waiting == 1);
        await Eventually.BecomesAsync(
            () => _engine.Documents.GetAsync(_collection.Id, document.Id, CancellationToken.None), current => current.Status == DocumentStatus.Processing);

        // The lease of the claim is over when the database's clock says so.
        await Eventually.BecomesAsync(
            () => _engine.ScalarAsync<bool>("select lease_until > created + interval '5 seconds' from jobs where state = 'running'"), renewed => renewed);
        _extractor.OpenGate();
        var ready = await StoredDocuments.ReadyAsync(_engine, document);

        Assert.Equal((DocumentStatus.Ready, 1), (ready.Status, ready.Attempts));
        Assert.Equal(0, await _engine.ScalarAsync<int>("select losses from jobs"));
    }

    [Fact]
    public async Task A_document_that_may_have_ended_its_workers_is_worked_on_alone()
    {
        await _engine.SubmitAsync(_collection, "wait first");
        await Eventually.BecomesAsync(() => Task.FromResult(_extractor.Waiting), waiting => waiting == 1);
        await _engine.ExecuteAsync("alter table jobs alter available_at set default now() + interval '1 hour'");
        var suspect = (await _engine.SubmitAsync(_collection, "wait suspect")).Document;
        await _engine.ExecuteAsync("update jobs set losses = 3, available_at = now() where document_id = $1", suspect.Id.Value);
        await Eventually.BecomesAsync(() => _engine.ScalarAsync<long>("select count(*) from jobs where state = 'running'"), running => running == 2);
        var other = (await _engine.SubmitAsync(_collection, "other")).Document;
        await _engine.ExecuteAsync("update jobs set available_at = now() where document_id = $1", other.Id.Value);

        // It waits for the first to finish and keeps the other one out; then it is at work by itself.
        Assert.Equal(1, _extractor.Waiting);
        _extractor.OpenGate();
        await Eventually.BecomesAsync(() => StoredDocuments.CountAsync(_engine, "ready"), ready => ready == 1);
        await Eventually.BecomesAsync(() => Task.FromResult(_extractor.Waiting), waiting => waiting == 1);
        Assert.Equal("queued", await _engine.ScalarAsync<string>("select state from jobs where document_id = $1", other.Id.Value));
        _extractor.OpenGate();
        await StoredDocuments.ReadyAsync(_engine, other);
        Assert.Equal(DocumentStatus.Ready, (await StoredDocuments.ReadyAsync(_engine, suspect)).Status);
    }

    [Fact]
    public async Task Faults_are_told_apart_and_our_own_says_nothing_of_the_text()
    {
        var corrupt = await StoredDocuments.ReadyAsync(_engine, (await _engine.SubmitAsync(_collection, "corrupt file")).Document);
        var bug = await StoredDocuments.ReadyAsync(_engine, (await _engine.SubmitAsync(_collection, "bug in us")).Document);
        var flaky = (await _engine.SubmitAsync(_collection, "flaky reader")).Document;
        await Eventually.BecomesAsync(
            () => _engine.Documents.GetAsync(_collection.Id, flaky.Id, CancellationToken.None), current => current.Problem?.Code == "child-away");
        await _engine.ExecuteAsync("update jobs set available_at = now()");

        Assert.Equal(("corrupt-file", "The file is cut off."), (corrupt.Problem?.Code, corrupt.Problem?.Message));
        Assert.Equal("internal", bug.Problem?.Code);
        Assert.DoesNotContain("bug in us", bug.Problem?.Message, StringComparison.Ordinal);
        var retried = await StoredDocuments.ReadyAsync(_engine, flaky);
        Assert.Equal((DocumentStatus.Ready, 2), (retried.Status, retried.Attempts));
        Assert.Null(retried.Problem);
    }

    [Fact]
    public async Task A_stopping_worker_puts_unfinished_work_back_without_counting_the_attempt()
    {
        var engine = await TestEngine.StartAsync(postgres, shareWith: _engine);
        await _engine.SubmitAsync(_collection, "wait for ever");
        await Eventually.BecomesAsync(() => Task.FromResult(_extractor.Waiting), waiting => waiting == 1);

        await _engine.StopAsync();

        Assert.Equal("queued", await engine.ScalarAsync<string>("select state from jobs"));
        Assert.Equal((0, 0), (await engine.ScalarAsync<int>("select attempts from jobs"), await engine.ScalarAsync<int>("select losses from jobs")));
        await engine.DisposeAsync();
    }

    [Fact]
    public async Task A_document_that_breaks_its_session_is_counted_and_parked_in_the_end()
    {
        await BreakStoringAsync("perform pg_terminate_backend(pg_backend_pid());");
        var document = (await _engine.SubmitAsync(_collection, "breaks")).Document;

        await Eventually.BecomesAsync(() => _engine.ScalarAsync<int>("select losses from jobs"), losses => losses >= 3);
        Assert.Equal(0, await _engine.ScalarAsync<int>("select attempts - case when state = 'running' then 1 else 0 end from jobs"));
        await _engine.ExecuteAsync("update jobs set losses = 19, available_at = now()");
        await Eventually.BecomesAsync(
            () => _engine.ScalarAsync<string>("select concat_ws(' ', state, 'losses', losses, 'attempts', attempts, 'due', available_at - now()) from jobs"),
            state => state!.StartsWith("parked", StringComparison.Ordinal));
        var parked = await _engine.Documents.GetAsync(_collection.Id, document.Id, CancellationToken.None);

        Assert.Equal((DocumentStatus.Failed, "worker-lost"), (parked.Status, parked.Problem?.Code));
    }

    [Fact]
    public async Task A_statement_that_the_server_stops_for_its_time_is_an_attempt()
    {
        await BreakStoringAsync("raise exception using errcode = 'query_canceled';");
        var document = (await _engine.SubmitAsync(_collection, "too slow")).Document;

        var waiting = await Eventually.BecomesAsync(
            () => _engine.Documents.GetAsync(_collection.Id, document.Id, CancellationToken.None), current => current.Problem is not null);

        Assert.Equal(("storage-away", 1), (waiting.Problem?.Code, waiting.Attempts));
        Assert.Equal(0, await _engine.ScalarAsync<int>("select losses from jobs"));
    }

    private Task BreakStoringAsync(string statement) => _engine.ExecuteAsync(
        $"""
        create function break_storing() returns trigger language plpgsql as $body$ begin {statement} return new; end $body$;
        create trigger break_storing before insert on generations for each row execute function break_storing();
        """);

    [Fact]
    public async Task The_first_attempt_is_part_of_the_submissions_trace_and_a_later_one_is_linked_to_it()
    {
        var spans = new System.Collections.Concurrent.ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is IngestTelemetry.Name or "test",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using var source = new ActivitySource("test");
        Document document;
        ActivityTraceId trace;
        using (var request = source.StartActivity("request"))
        {
            trace = request!.TraceId;
            document = (await _engine.SubmitAsync(_collection, "flaky and traced")).Document;
        }

        await Eventually.BecomesAsync(
            () => _engine.Documents.GetAsync(_collection.Id, document.Id, CancellationToken.None), current => current.Problem is not null);
        await _engine.ExecuteAsync("update jobs set available_at = now()");
        await StoredDocuments.ReadyAsync(_engine, document);

        List<Activity> OfDocument() => [.. spans.Where(span => Equals(span.GetTagItem("rag.document.id"), document.Id.ToString()))];
        var jobs = await Eventually.BecomesAsync(() => Task.FromResult(OfDocument()), found => found.Count == 2);
        Assert.Equal(trace, jobs[0].TraceId);
        Assert.NotEqual(trace, jobs[1].TraceId);
        Assert.Equal(trace, Assert.Single(jobs[1].Links).Context.TraceId);
        var stages = spans.Where(span => span.ParentSpanId == jobs[1].SpanId).Select(span => span.OperationName);
        Assert.Equal(["extract", "chunk", "analyze", "embed", "store"], stages);
    }
}
