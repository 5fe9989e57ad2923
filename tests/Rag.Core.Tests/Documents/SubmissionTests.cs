using System.Text;
using System.Text.Json.Nodes;
using Rag.Core.Documents;
using Rag.Core.Jobs;
using Rag.Core.Tests.Storage;
using Rag.Testing;

namespace Rag.Core.Tests.Documents;

[Collection(PostgresCollection.Name)]
public sealed class SubmissionTests(PostgresFixture postgres) : IAsyncLifetime
{
    private TestEngine _engine = null!;
    private Collection _collection = null!;

    public async Task InitializeAsync()
    {
        _engine = await TestEngine.StartAsync(postgres, new Dictionary<string, string?> { ["Rag:Blobs:MaxFileMiB"] = "1" });
        _collection = await _engine.CreateCollectionAsync();
    }

    public async Task DisposeAsync() => await _engine.DisposeAsync();

    [Fact]
    public async Task A_submission_is_queued_and_its_original_is_there()
    {
        var result = await _engine.SubmitAsync(_collection, "content", name: "notes.txt", title: "Notes", metadata: new JsonObject { ["lang"] = "en" });

        Assert.Equal(SubmissionOutcome.Queued, result.Outcome);
        Assert.Equal(DocumentStatus.Queued, result.Document.Status);
        Assert.StartsWith("sha256:", result.Document.SourceId, StringComparison.Ordinal);
        Assert.Equal(("notes.txt", "Notes", "en"), (result.Document.Name, result.Document.Title, (string?)result.Document.Metadata["lang"]));
        await using var original = await _engine.Documents.OpenOriginalAsync(_collection.Id, result.Document.Id, CancellationToken.None);
        using var reader = new StreamReader(original.Content);
        Assert.Equal("content", await reader.ReadToEndAsync());
    }

    [Fact]
    public async Task The_same_content_under_the_same_key_is_unchanged_and_makes_no_second_job()
    {
        var first = await _engine.SubmitAsync(_collection, "same", sourceId: "k");
        var second = await _engine.SubmitAsync(_collection, "same", sourceId: "k");

        Assert.Equal(SubmissionOutcome.Unchanged, second.Outcome);
        Assert.Equal(first.Document.Id, second.Document.Id);
        Assert.Equal(1, await JobsAsync());
    }

    [Fact]
    public async Task The_same_content_under_two_keys_is_two_documents_with_one_original()
    {
        var one = await _engine.SubmitAsync(_collection, "same", sourceId: "one");
        var two = await _engine.SubmitAsync(_collection, "same", sourceId: "two");

        Assert.NotEqual(one.Document.Id, two.Document.Id);
        Assert.Equal(1, await _engine.ScalarAsync<long>("select count(*) from blobs"));
    }

    [Fact]
    public async Task A_failed_document_is_queued_again_by_the_same_content()
    {
        var first = await _engine.SubmitAsync(_collection, "bad", sourceId: "k");
        var job = await _engine.Jobs.ClaimAsync("w", CancellationToken.None);
        await _engine.Jobs.FailAsync(job!, FailureKind.Document, new Problem("corrupt-file", "x"), "extract", CancellationToken.None);

        var second = await _engine.SubmitAsync(_collection, "bad", sourceId: "k");

        Assert.Equal((SubmissionOutcome.Queued, first.Document.Id), (second.Outcome, second.Document.Id));
        Assert.Null(second.Document.Problem);
        Assert.NotNull(await _engine.Jobs.ClaimAsync("w", CancellationToken.None));
        Assert.Equal(0, await JobsAsync("parked"));
    }

    [Fact]
    public async Task New_content_supersedes_a_running_job_whose_worker_learns_it()
    {
        await _engine.SubmitAsync(_collection, "old", sourceId: "k");
        var old = (await _engine.Jobs.ClaimAsync("w", CancellationToken.None))!;

        var replaced = await _engine.SubmitAsync(_collection, "new", sourceId: "k");

        Assert.Equal(SubmissionOutcome.Queued, replaced.Outcome);
        Assert.False(await _engine.Jobs.RenewAsync(old, CancellationToken.None));
        var newer = (await _engine.Jobs.ClaimAsync("w", CancellationToken.None))!;
        Assert.Equal(replaced.Document.Sha256.ToArray(), newer.Sha256.ToArray());
        Assert.Equal(1, await JobsAsync("superseded"));
    }

    [Fact]
    public async Task Concurrent_submissions_leave_one_document_with_one_open_job_for_its_content()
    {
        var texts = Enumerable.Range(0, 24).Select(i => $"version {i % 6}").ToArray();
        await Task.WhenAll(texts.Select(text => Task.Run(() => _engine.SubmitAsync(_collection, text, sourceId: "k"))));

        Assert.Equal(1, await _engine.ScalarAsync<long>("select count(*) from documents"));
        Assert.Equal(1, await JobsAsync("queued"));
        var job = (await _engine.Jobs.ClaimAsync("w", CancellationToken.None))!;
        Assert.Equal(await _engine.ScalarAsync<byte[]>("select sha256 from documents"), job.Sha256.ToArray());
    }

    [Fact]
    public async Task Submissions_claims_and_deletions_at_once_end_without_deadlock_or_orphans()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var work = Enumerable.Range(0, 6).Select(worker => Task.Run(async () =>
        {
            for (var i = 0; i < 25; i++)
            {
                switch ((worker + i) % 3)
                {
                    case 0:
                        await _engine.SubmitAsync(_collection, $"{worker} {i}", sourceId: $"k{i % 4}");
                        break;
                    case 1 when await _engine.Jobs.ClaimAsync("w", limit.Token) is { } job:
                        await _engine.Jobs.ReportAsync(job, "extract", 10, limit.Token);
                        await _engine.Jobs.FailAsync(job, FailureKind.Document, new Problem("x", "x"), "extract", limit.Token);
                        break;
                    default:
                        var page = await _engine.Documents.ListAsync(_collection.Id, new DocumentQuery { Limit = 2 }, limit.Token);
                        await _engine.Documents.DeleteManyAsync(_collection.Id, [.. page.Items.Select(item => item.Id)], limit.Token);
                        break;
                }
            }
        }));
        await Task.WhenAll(work);

        Assert.Equal(0, await _engine.ScalarAsync<long>("select count(*) from documents d where status = 'queued' and not exists (select from jobs j where j.document_id = d.id and state in ('queued', 'running'))"));
        var numbers = (await _engine.Events.ReadAsync(_collection.Id, 0, 10_000, CancellationToken.None)).Select(item => item.Sequence).ToList();
        Assert.Equal(Enumerable.Range(1, numbers.Count).Select(number => (long)number), numbers);
    }

    [Fact]
    public async Task A_deleted_document_is_gone_with_its_job_and_an_index_hears_of_it()
    {
        var document = (await _engine.SubmitAsync(_collection, "to go")).Document;
        var job = (await _engine.Jobs.ClaimAsync("w", CancellationToken.None))!;

        Assert.True(await _engine.Documents.DeleteAsync(_collection.Id, document.Id, CancellationToken.None));

        Assert.False(await _engine.Documents.DeleteAsync(_collection.Id, document.Id, CancellationToken.None));
        Assert.False(await _engine.Jobs.RenewAsync(job, CancellationToken.None));
        Assert.Null(await _engine.Documents.FindAsync(_collection.Id, document.Id, CancellationToken.None));
        Assert.True(await _engine.ScalarAsync<bool>("select generation is null from index_changes where document_id = $1", document.Id.Value));
        var last = (await _engine.Events.ReadAsync(_collection.Id, 0, 10, CancellationToken.None))[^1];
        Assert.Equal("deleted", last.Status);
    }

    [Theory]
    [InlineData("../../etc/passwd", "passwd")]
    [InlineData(@"C:\docs\a.pdf", "a.pdf")]
    [InlineData("a\u0000b\u001b[31m.txt", "ab[31m.txt")]
    [InlineData("exe.\u202Egpj", "exe.gpj")]
    [InlineData("..", "document")]
    [InlineData("", "document")]
    public async Task Names_lose_folders_and_control_characters(string sent, string kept)
    {
        var result = await _engine.SubmitAsync(_collection, "x", name: sent);

        Assert.Equal(kept, result.Document.Name);
    }

    [Fact]
    public async Task Half_a_surrogate_pair_does_not_reach_the_database()
    {
        // Not as test data: attributes cannot hold it.
        var result = await _engine.SubmitAsync(_collection, "x", name: "\ud800.txt", title: "\ud800", metadata: new JsonObject { ["a"] = "\ud800" });

        Assert.Equal(("\uFFFD.txt", "\uFFFD", "\uFFFD"), (result.Document.Name, result.Document.Title, (string?)result.Document.Metadata["a"]));
    }

    [Fact]
    public async Task A_long_name_keeps_its_extension()
    {
        var result = await _engine.SubmitAsync(_collection, "x", name: new string('n', 400) + ".txt");

        Assert.Equal(255, result.Document.Name.Length);
        Assert.EndsWith("n.txt", result.Document.Name, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_file_is_refused_unless_it_is_text_with_a_key()
    {
        var refused = await Assert.ThrowsAsync<RagException>(() => _engine.SubmitAsync(_collection, ""));
        Assert.Equal("empty-file", refused.Code);

        Assert.Equal(SubmissionOutcome.Queued, (await _engine.SubmitAsync(_collection, "", sourceId: "empty")).Outcome);
    }

    [Fact]
    public async Task A_file_over_the_limit_is_refused_and_leaves_nothing()
    {
        var refused = await Assert.ThrowsAsync<RagException>(() => _engine.SubmitAsync(_collection, new string('x', 1024 * 1024 + 1)));

        Assert.Equal("file-too-large", refused.Code);
        Assert.Empty(Directory.EnumerateFiles(_engine.BlobPath, "*", SearchOption.AllDirectories));
        Assert.Equal(SubmissionOutcome.Queued, (await _engine.SubmitAsync(_collection, new string('x', 1024 * 1024))).Outcome);
    }

    [Fact]
    public async Task What_a_database_cannot_hold_is_the_senders_fault()
    {
        async Task<string> CodeAsync(JsonObject? metadata = null, string? sourceId = null, string? title = null) =>
            (await Assert.ThrowsAsync<RagException>(() => _engine.SubmitAsync(_collection, "x", sourceId, title: title, metadata: metadata))).Code;

        Assert.Equal("invalid-request", await CodeAsync(new JsonObject { ["a"] = "nul \0" }));
        Assert.Equal("invalid-request", await CodeAsync(new JsonObject { ["a"] = new string('x', 17_000) }));
        Assert.Equal("invalid-request", await CodeAsync((JsonObject)JsonNode.Parse("""{"a":1e999999}""")!));
        Assert.Equal("invalid-request", await CodeAsync(sourceId: "a\nb"));
        Assert.Equal("invalid-request", await CodeAsync(sourceId: new string('k', 1025)));
        Assert.Equal("invalid-request", await CodeAsync(title: new string('t', 1001)));
        // A backslash before u0000 is text, no escape.
        var kept = await _engine.SubmitAsync(_collection, "x", metadata: new JsonObject { ["a"] = @"\u0000" });
        Assert.Equal(@"\u0000", (string?)kept.Document.Metadata["a"]);
    }

    [Fact]
    public async Task An_unknown_collection_is_named_as_such()
    {
        var submission = new Submission { Collection = CollectionId.New(), Name = "a", Content = new MemoryStream(Encoding.UTF8.GetBytes("x")) };

        var refused = await Assert.ThrowsAsync<RagException>(() => _engine.Documents.SubmitAsync(submission, CancellationToken.None));

        Assert.Equal("collection-not-found", refused.Code);
    }

    [Fact]
    public async Task Another_title_queues_the_document_and_other_metadata_only_tells_the_index()
    {
        var document = (await _engine.SubmitAsync(_collection, "x", sourceId: "k", title: "Old")).Document;
        var job = (await _engine.Jobs.ClaimAsync("w", CancellationToken.None))!;
        await _engine.Jobs.FailAsync(job, FailureKind.Document, new Problem("x", "x"), "extract", CancellationToken.None);
        await _engine.ExecuteAsync("update documents set status = 'ready', active_generation = 1, problem = null, problem_code = null");

        var patched = await _engine.Documents.PatchAsync(
            _collection.Id, document.Id, new DocumentPatch { Metadata = new JsonObject { ["year"] = 2024 } }, CancellationToken.None);
        Assert.Equal((DocumentStatus.Ready, 2024), (patched.Status, (int?)patched.Metadata["year"]));
        Assert.Equal(1, await _engine.ScalarAsync<long>("select count(*) from index_changes"));

        var renamed = await _engine.Documents.PatchAsync(_collection.Id, document.Id, new DocumentPatch { Title = "New" }, CancellationToken.None);
        Assert.Equal((DocumentStatus.Queued, "New", 1L), (renamed.Status, renamed.Title, renamed.ActiveGeneration));
        Assert.Equal("New", (await _engine.Jobs.ClaimAsync("w", CancellationToken.None))!.GivenTitle);
    }

    [Fact]
    public async Task Reprocessing_is_refused_while_a_worker_is_at_it()
    {
        var document = (await _engine.SubmitAsync(_collection, "x")).Document;
        Assert.Equal(DocumentStatus.Queued, (await _engine.Documents.ReprocessAsync(_collection.Id, document.Id, CancellationToken.None)).Status);
        Assert.Equal(1, await JobsAsync("queued"));
        await _engine.Jobs.ClaimAsync("w", CancellationToken.None);

        var busy = await Assert.ThrowsAsync<RagException>(() => _engine.Documents.ReprocessAsync(_collection.Id, document.Id, CancellationToken.None));

        Assert.Equal("document-busy", busy.Code);
    }

    [Fact]
    public async Task Many_that_reprocess_at_once_do_not_wait_for_each_others_connections()
    {
        await using var engine = await TestEngine.StartAsync(
            postgres, new Dictionary<string, string?> { ["Rag:Blobs:Provider"] = "postgres", ["Rag:Storage:MaxPoolSize"] = "10" });
        var collection = await engine.CreateCollectionAsync();
        var documents = new List<Document>();
        for (var i = 0; i < 12; i++)
        {
            documents.Add((await engine.SubmitAsync(collection, $"x {i}")).Document);
        }

        await Task.WhenAll(Enumerable.Range(0, 5).SelectMany(_ => documents).Select(document => Task.Run(
            () => engine.Documents.ReprocessAsync(collection.Id, document.Id, CancellationToken.None))));

        Assert.Equal(12, await engine.ScalarAsync<long>("select count(*) from jobs where state = 'queued'"));
    }

    private Task<long> JobsAsync(string? state = null) => _engine.ScalarAsync<long>("select count(*) from jobs where $1::text is null or state = $1::text", state);
}
