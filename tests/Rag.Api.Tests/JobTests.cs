using System.Net;
using Npgsql;
using Rag.Api.Tests.Support;
using Rag.Client;
using Rag.Testing;

namespace Rag.Api.Tests;

/// <summary>Failed work and the queue over HTTP; what a worker would have done is written to the database.</summary>
[Collection(Postgres.Name)]
public sealed class JobTests(PostgresFixture postgres) : IAsyncLifetime
{
    private ApiHost _api = null!;

    public async Task InitializeAsync() => _api = await ApiHost.StartReadyAsync(await postgres.CreateDatabaseAsync());

    public async Task DisposeAsync() => await _api.DisposeAsync();

    [Fact]
    public async Task Failed_work_is_listed_retried_and_discarded_one_by_one()
    {
        await _api.Client().CreateCollectionAsync(new CreateCollection("papers"));
        var retried = await FailAsync("papers", "one");
        var discarded = await FailAsync("papers", "two");

        var listed = (await _api.Client().ListFailedJobsAsync()).Items;
        Assert.Equal([discarded, retried], listed.Select(job => job.DocumentId));
        var job = listed[1];
        Assert.Equal(("papers", JobState.Parked, "extract", 1, 2), (job.Collection, job.State, job.Stage, job.Attempts, job.Losses));
        Assert.Equal(new Problem("corrupt-file", "It is cut off."), job.Problem);
        Assert.NotNull(job.FirstFailed);
        Assert.NotNull(job.LastFailed);

        await _api.Client().RetryJobAsync(job.Id);
        await _api.Client().DiscardJobAsync(listed[0].Id);

        Assert.Empty((await _api.Client().ListFailedJobsAsync("papers")).Items);
        Assert.Equal(DocumentStatus.Queued, (await _api.Client().GetDocumentAsync("papers", retried)).Status);
        var failed = await _api.Client().GetDocumentAsync("papers", discarded);
        Assert.Equal((DocumentStatus.Failed, "corrupt-file"), (failed.Status, failed.Problem!.Code));
        var history = (await _api.Client().ListDocumentJobsAsync("papers", retried)).Items;
        Assert.Equal([JobState.Queued, JobState.Superseded], history.Select(one => one.State));
        Assert.Equal(JobState.Discarded, Assert.Single((await _api.Client().ListDocumentJobsAsync("papers", discarded)).Items).State);
        await _api.Client().ReprocessDocumentAsync("papers", discarded);

        foreach (var verb in (string[])["retry", "discard"])
        {
            using var again = await _api.SendAsync(HttpMethod.Post, $"/v1/jobs/{job.Id}/{verb}");
            await Json.ProblemAsync(again, HttpStatusCode.NotFound, "job-not-found");
        }
    }

    [Fact]
    public async Task Who_signed_in_does_not_wait_for_what_a_program_sends_with_the_same_key()
    {
        await _api.Client().CreateCollectionAsync(new CreateCollection("papers"));
        for (var i = 0; i < 65; i++)
        {
            await _api.Client().AddTextAsync("papers", new TextDocument($"text {i}"));
        }

        var byKey = Assert.Single((await _api.Client().AddTextAsync("papers", new TextDocument("one more"))).Items);
        await using var file = new MemoryStream("a file"u8.ToArray());
        var uploaded = Assert.Single((await _api.Client().UploadAsync("papers", [new("a.txt", file)])).Items);
        var person = _api.Client((await _api.Client().StartSessionAsync()).Token);
        var byItself = Assert.Single((await person.AddTextAsync("papers", new TextDocument("by itself"))).Items);

        await using var source = NpgsqlDataSource.Create(_api.ConnectionString);
        await using var command = source.CreateCommand("select priority from jobs where document_id = any($1) order by array_position($1, document_id)");
        command.Parameters.Add(new NpgsqlParameter { Value = new[] { byKey.Id!.Value, uploaded.Id!.Value, byItself.Id!.Value } });
        await using var reader = await command.ExecuteReaderAsync();
        var priorities = new List<short>();
        while (await reader.ReadAsync())
        {
            priorities.Add(reader.GetInt16(0));
        }

        Assert.Equal([2, 2, 0], priorities);
    }

    [Fact]
    public async Task A_confined_key_sees_and_touches_only_the_failed_work_of_its_collections()
    {
        await _api.Client().CreateCollectionAsync(new CreateCollection("mine"));
        await _api.Client().CreateCollectionAsync(new CreateCollection("theirs"));
        await FailAsync("mine", "one");
        await FailAsync("theirs", "two");
        await FailAsync("theirs", "three");
        var theirs = (await _api.Client().ListFailedJobsAsync("theirs")).Items[0];
        var key = _api.Client((await _api.Client().CreateKeyAsync(new CreateKey("confined", [KeyScope.Read, KeyScope.Write, KeyScope.Admin], ["mine"]))).Key);

        Assert.Equal("mine", Assert.Single((await key.ListFailedJobsAsync()).Items).Collection);
        Assert.Equal("collection-not-found", (await Assert.ThrowsAsync<RagApiException>(() => key.ListFailedJobsAsync("theirs"))).Code);
        Assert.Equal("collection-not-found", (await Assert.ThrowsAsync<RagApiException>(() => key.RetryFailedJobsAsync("theirs"))).Code);
        Assert.Equal("job-not-found", (await Assert.ThrowsAsync<RagApiException>(() => key.DiscardJobAsync(theirs.Id))).Code);
        Assert.Equal("job-not-found", (await Assert.ThrowsAsync<RagApiException>(() => key.RetryJobAsync(theirs.Id))).Code);
        Assert.Equal(["mine"], (await key.GetQueueAsync()).Collections.Select(one => one.Name));
        Assert.Equal("scope-missing", (await Assert.ThrowsAsync<RagApiException>(() => key.PauseQueueAsync())).Code);
        Assert.Equal("collection-not-found", (await Assert.ThrowsAsync<RagApiException>(() => key.PauseQueueAsync("theirs"))).Code);
        Assert.Equal(1, await key.RetryFailedJobsAsync());
        Assert.Equal(0, await key.DiscardFailedJobsAsync());
        Assert.Equal(2, await _api.Client().DiscardFailedJobsAsync("theirs"));
        Assert.Equal(0, (await _api.Client().GetQueueAsync()).Parked);
    }

    [Fact]
    public async Task The_queue_says_how_it_stands_and_whether_it_is_paused()
    {
        await _api.Client().CreateCollectionAsync(new CreateCollection("papers"));
        await FailAsync("papers", "one");
        await _api.Client().AddTextAsync("papers", new TextDocument("waits", SourceId: "waits"));
        await ExecuteAsync("update jobs set created = now() - interval '70 seconds' where state = 'queued'");

        var before = await _api.Client().GetQueueAsync();
        var paused = await _api.Client().PauseQueueAsync();
        var both = await _api.Client().PauseQueueAsync("papers");
        var resumed = await _api.Client().ResumeQueueAsync();
        var after = await _api.Client().ResumeQueueAsync("papers");

        Assert.Equal((1L, 0L, 1L), (before.Queued, before.Running, before.Parked));
        Assert.InRange(before.OldestAgeSeconds, 69, 300);
        Assert.Null(before.Paused);
        Assert.NotNull(paused.Paused);
        Assert.Null(Assert.Single(paused.Collections).Paused);
        Assert.NotNull(Assert.Single(both.Collections).Paused);
        Assert.Null(resumed.Paused);
        Assert.NotNull(Assert.Single(resumed.Collections).Paused);
        Assert.Null(Assert.Single(after.Collections).Paused);
    }

    private async Task<Guid> FailAsync(string collection, string sourceId)
    {
        var item = Assert.Single((await _api.Client().AddTextAsync(collection, new TextDocument("text of " + sourceId, SourceId: sourceId))).Items);
        await ExecuteAsync(
            $"""
            update jobs set state = 'parked', attempts = 1, losses = 2, failed_stage = 'extract', problem_code = 'corrupt-file', problem = 'It is cut off.',
                first_failed = now(), last_failed = now(), finished = now() where document_id = '{item.Id}';
            update documents set status = 'failed', problem_code = 'corrupt-file', problem = 'It is cut off.' where id = '{item.Id}'
            """);
        return item.Id!.Value;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_api.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
