using System.Security.Cryptography;
using System.Text;
using Rag.Core.Blobs;
using Rag.Core.Documents;
using Rag.Core.Jobs;
using Rag.Core.Storage;
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
        // The folder of the collection that is gone went with its file.
        Assert.Equal(_collection.Id.ToString(), Assert.Single(Directory.EnumerateDirectories(_engine.BlobPath), folder => !folder.EndsWith(".staging", StringComparison.Ordinal)).Split('/')[^1]);
        Assert.Equal(1, await _engine.ScalarAsync<long>("select count(*) from blobs"));
    }

    [Fact]
    public async Task Old_events_and_finished_jobs_go_and_parked_ones_stay()
    {
        await _engine.SubmitAsync(_collection, "a", sourceId: "a");
        var job = (await _engine.Jobs.ClaimAsync("w", CancellationToken.None))!;
        await _engine.Jobs.FailAsync(job, FailureKind.Document, new Problem("x", "x"), "extract", CancellationToken.None);
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
    public async Task A_mark_that_a_document_overtook_does_not_shorten_the_day_that_its_original_is_kept()
    {
        var document = (await _engine.SubmitAsync(_collection, "overtaken")).Document;
        await _engine.ExecuteAsync("update blobs set unreferenced_since = now() - interval '25 hours'");
        await SweepAsync(new SweepAges());
        await _engine.Documents.DeleteAsync(_collection.Id, document.Id, CancellationToken.None);

        Assert.Equal(0, (await SweepAsync(new SweepAges())).Originals);

        Assert.True(await ExistsAsync("overtaken"));
    }

    [Fact]
    public async Task What_cannot_be_removed_does_not_keep_the_rest()
    {
        await _engine.SubmitAsync(_collection, "a");
        await _engine.SubmitAsync(_collection, "b");
        await _engine.ExecuteAsync(
            """
            insert into generations (document_id, generation, collection_id, sha256, text, media_type, extractor, chunker, analyzer, tokens, created)
            select id, nextval('generation_numbers'), collection_id, sha256, '', '', '', '', '', '', now() - interval '1 hour' from documents;
            update document_events set at = now() - interval '25 hours';
            create function refuse() returns trigger language plpgsql as $f$ begin
                if old.generation = (select min(generation) from generations) then raise 'refused'; end if; return old; end $f$;
            create trigger refuse before delete on generations for each row execute function refuse();
            """);

        var result = await SweepAsync(new SweepAges());

        Assert.Equal((1, 2, 1), (result.Generations, result.Rows, result.Failures));
    }

    [Fact]
    public async Task A_generation_of_many_chunks_goes_piece_by_piece_and_an_active_one_stays()
    {
        var document = (await _engine.SubmitAsync(_collection, "a")).Document;
        await _engine.ExecuteAsync(
            """
            insert into generations (document_id, generation, collection_id, sha256, text, media_type, extractor, chunker, analyzer, tokens, created)
            select id, g, collection_id, sha256, '', '', '', '', '', '', now() - interval '1 hour' from documents, generate_series(1, 2) g;
            update documents set active_generation = 2;
            insert into chunks (id, collection_id, document_id, generation, ordinal, start_offset, end_offset, text, kind, token_count, terms, term_count)
            select gen_random_uuid(), collection_id, id, g, n, 0, 0, '', 'paragraph', 0, '', 0 from documents, generate_series(1, 2) g, generate_series(0, 4500) n;
            create table statements (rows int);
            create function count_rows() returns trigger language plpgsql as $f$ begin
                insert into statements select count(*) from gone; return null; end $f$;
            create trigger count_rows after delete on chunks referencing old table as gone for each statement execute function count_rows();
            """);

        Assert.Equal(1, (await SweepAsync(new SweepAges())).Generations);

        Assert.Equal(4501, await _engine.ScalarAsync<long>("select count(*) from chunks where document_id = $1 and generation = 2", document.Id.Value));
        Assert.Equal(4501, await _engine.ScalarAsync<long>("select count(*) from chunks"));
        Assert.InRange(await _engine.ScalarAsync<int>("select max(rows) from statements"), 1, 2000);
    }

    [Fact]
    public async Task A_removed_collection_is_gone_at_once_and_what_is_left_of_it_goes_with_the_next_sweep()
    {
        var other = await _engine.CreateCollectionAsync();
        await _engine.SubmitAsync(other, "kept");
        for (var i = 0; i < 45; i++)
        {
            await _engine.SubmitAsync(_collection, $"text {i}");
        }

        await _engine.Jobs.ClaimAsync("w", CancellationToken.None);

        Assert.True(await _engine.Collections.DeleteAsync(_collection.Id, CancellationToken.None));

        Assert.False(await _engine.Collections.DeleteAsync(_collection.Id, CancellationToken.None));
        Assert.Null(await _engine.Collections.FindAsync(_collection.Name, CancellationToken.None));
        Assert.Null(await _engine.Collections.FindAsync(_collection.Id, CancellationToken.None));
        Assert.Equal(other.Id, Assert.Single((await _engine.Collections.ListAsync(null, 10, null, CancellationToken.None)).Items).Collection.Id);
        await NotFoundAsync(() => _engine.Collections.UpdateAsync(_collection.Id, new CollectionPatch { Description = "x" }, CancellationToken.None));
        // Also content that is there already, so that no foreign key tells.
        await NotFoundAsync(() => _engine.SubmitAsync(_collection, "text 0", sourceId: "new"));
        await NotFoundAsync(() => _engine.SubmitAsync(_collection, "text 0"));
        var namesake = await _engine.CreateCollectionAsync(_collection.Name);
        Assert.NotEqual(_collection.Id, namesake.Id);

        Assert.Equal(1, (await SweepAsync(new SweepAges())).Collections);

        Assert.Equal((1, 1), (await _engine.ScalarAsync<long>("select count(*) from documents"), await _engine.ScalarAsync<long>("select count(*) from jobs")));
        Assert.Equal(2, await _engine.ScalarAsync<long>("select count(*) from collections"));
        Assert.False(Directory.Exists(Path.Combine(_engine.BlobPath, _collection.Id.ToString())));
        Assert.True(Directory.Exists(Path.Combine(_engine.BlobPath, other.Id.ToString())));
    }

    [Fact]
    public async Task A_submission_that_races_with_the_removal_of_its_collection_is_accepted_before_or_refused_after()
    {
        await using var connection = await _engine.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.Sql("update collections set name = null where id = $1", _collection.Id.Value).RunAsync(CancellationToken.None);
        var submission = _engine.SubmitAsync(_collection, "late");
        // It waits for the row, which shows in the locks; then the removal commits.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await _engine.ScalarAsync<long>("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") == 0)
        {
            await Task.Delay(20, limit.Token);
        }

        await transaction.CommitAsync();

        await NotFoundAsync(() => submission);
        Assert.Equal(0, await _engine.ScalarAsync<long>("select count(*) from documents"));
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

    [Fact]
    public async Task A_document_that_waits_without_a_job_gets_one_and_one_whose_passages_were_lost_is_processed_again()
    {
        var whole = (await _engine.SubmitAsync(_collection, "whole", sourceId: "whole")).Document;
        var waiting = (await _engine.SubmitAsync(_collection, "waiting", sourceId: "waiting")).Document;
        var stuck = (await _engine.SubmitAsync(_collection, "stuck", sourceId: "stuck")).Document;
        var torn = (await _engine.SubmitAsync(_collection, "torn", sourceId: "torn")).Document;
        var emptied = (await _engine.SubmitAsync(_collection, "emptied", sourceId: "emptied")).Document;
        var indexing = (await _engine.SubmitAsync(_collection, "indexing", sourceId: "indexing")).Document;
        await _engine.ExecuteAsync("delete from jobs where document_id <> $1", waiting.Id.Value);
        await _engine.ExecuteAsync(
            """
            insert into generations (document_id, generation, collection_id, sha256, text, media_type, extractor, chunker, analyzer, tokens)
            select id, 1, collection_id, sha256, '', '', '', '', '', '' from documents where source_id in ('whole', 'torn');
            insert into chunks (id, collection_id, document_id, generation, ordinal, start_offset, end_offset, text, kind, token_count, terms, term_count)
            select gen_random_uuid(), collection_id, id, 1, n, 0, 0, '', 'paragraph', 0, '', 0 from documents, generate_series(0, 2) n where source_id in ('whole', 'torn');
            delete from chunks c using documents d where d.id = c.document_id and d.source_id = 'torn' and ordinal = 1;
            update documents set status = 'ready', active_generation = 1, chunk_count = 3 where source_id in ('whole', 'torn', 'emptied');
            update documents set status = 'processing', stage = 'extract' where source_id = 'stuck';
            update documents set status = 'processing', stage = 'index', active_generation = 1 where source_id = 'indexing';
            """);

        Assert.Equal(3, (await SweepAsync(new SweepAges())).Requeued);
        Assert.Equal(0, (await SweepAsync(new SweepAges())).Requeued);

        foreach (var document in new[] { stuck, torn, emptied, waiting })
        {
            Assert.Equal(DocumentStatus.Queued, (await _engine.Documents.GetAsync(_collection.Id, document.Id, CancellationToken.None)).Status);
            Assert.Equal(1, await _engine.ScalarAsync<long>("select count(*) from jobs where document_id = $1 and state = 'queued'", document.Id.Value));
        }

        Assert.Equal(DocumentStatus.Ready, (await _engine.Documents.GetAsync(_collection.Id, whole.Id, CancellationToken.None)).Status);
        Assert.Equal(DocumentStatus.Processing, (await _engine.Documents.GetAsync(_collection.Id, indexing.Id, CancellationToken.None)).Status);
        // What is left of it is found until it is whole again.
        Assert.Equal(1, (await _engine.Documents.GetAsync(_collection.Id, torn.Id, CancellationToken.None)).ActiveGeneration);
    }

    private async Task<SweepResult> SweepAsync(SweepAges ages) =>
        await _engine.Get<Sweeper>().SweepAsync(ages, includeFiles: true, CancellationToken.None) ?? throw new InvalidOperationException("Another sweep is under way.");

    private static async Task NotFoundAsync(Func<Task> call) =>
        Assert.Equal("collection-not-found", (await Assert.ThrowsAsync<RagException>(call)).Code);

    private Task<bool> ExistsAsync(string text) =>
        _engine.Get<IBlobStore>().ExistsAsync(_collection.Id, SHA256.HashData(Encoding.UTF8.GetBytes(text)), CancellationToken.None);

    private async Task WriteAsync(IBlobStore store, CollectionId collection, string text)
    {
        await using var staged = await store.StageAsync(collection, new MemoryStream(Encoding.UTF8.GetBytes(text)), CancellationToken.None);
        await using var connection = await _engine.Source.OpenConnectionAsync();
        await staged.CommitAsync(connection, isDamaged: false, CancellationToken.None);
    }
}
