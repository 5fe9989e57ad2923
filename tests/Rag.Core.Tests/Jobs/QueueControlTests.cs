using Microsoft.Extensions.Logging.Abstractions;
using Rag.Core.Documents;
using Rag.Core.Jobs;
using Rag.Core.Storage;
using Rag.Core.Tests.Storage;
using Rag.Testing;

namespace Rag.Core.Tests.Jobs;

[Collection(PostgresCollection.Name)]
public sealed class QueueControlTests(PostgresFixture postgres) : IAsyncLifetime
{
    private TestEngine _engine = null!;
    private Collection _collection = null!;

    private QueueControl Control => _engine.Get<QueueControl>();

    public async Task InitializeAsync()
    {
        _engine = await TestEngine.StartAsync(postgres);
        _collection = await _engine.CreateCollectionAsync("papers");
    }

    public async Task DisposeAsync() => await _engine.DisposeAsync();

    [Fact]
    public async Task While_the_queue_is_paused_nobody_gets_a_job_and_who_has_one_finishes_it()
    {
        await _engine.SubmitAsync(_collection, "in work");
        var running = (await _engine.Jobs.ClaimAsync("w", CancellationToken.None))!;
        await _engine.SubmitAsync(_collection, "waits");
        await Control.PauseAsync(null, CancellationToken.None);
        await Control.PauseAsync(null, CancellationToken.None);

        // A process of its own, started later: the pause is in the database.
        await using var other = await TestEngine.StartAsync(postgres, shareWith: _engine);
        Assert.Null(await other.Jobs.ClaimAsync("x", CancellationToken.None));
        Assert.NotNull((await other.Get<QueueControl>().GetAsync(null, CancellationToken.None)).Paused);
        Assert.True(await _engine.Jobs.ReportAsync(running, "store", 90, CancellationToken.None));
        Assert.Equal(FailureOutcome.Parked, await _engine.Jobs.FailAsync(running, FailureKind.Document, new Problem("x", "x"), "store", CancellationToken.None));

        await Control.ResumeAsync(null, CancellationToken.None);

        Assert.Null((await Control.GetAsync(null, CancellationToken.None)).Paused);
        Assert.NotNull(await other.Jobs.ClaimAsync("x", CancellationToken.None));
    }

    [Fact]
    public async Task What_waits_is_unattended_only_while_no_worker_lives_and_nobody_paused_it()
    {
        await _engine.SubmitAsync(_collection, "waits");
        await _engine.SubmitAsync(await _engine.CreateCollectionAsync(), "waits too");
        Assert.Equal(2, await Control.CountUnattendedAsync(CancellationToken.None));

        await Control.PauseAsync(_collection.Id, CancellationToken.None);
        Assert.Equal(1, await Control.CountUnattendedAsync(CancellationToken.None));
        await Control.PauseAsync(null, CancellationToken.None);
        Assert.Equal(0, await Control.CountUnattendedAsync(CancellationToken.None));
        await Control.ResumeAsync(null, CancellationToken.None);

        using (var presence = new WorkerPresence(_engine.Source, _engine.Get<StorageReadiness>(), NullLogger<WorkerPresence>.Instance))
        {
            await presence.StartAsync(CancellationToken.None);
            await Eventually.TrueAsync(async () => await Control.CountUnattendedAsync(CancellationToken.None) == 0, "a worker that lives is seen");
            await presence.StopAsync(CancellationToken.None);
        }

        await Eventually.TrueAsync(async () => await Control.CountUnattendedAsync(CancellationToken.None) == 1, "a worker that has gone is not seen any more");
    }

    [Fact]
    public async Task A_paused_collection_waits_alone()
    {
        var other = await _engine.CreateCollectionAsync();
        await _engine.SubmitAsync(_collection, "waits");
        await _engine.SubmitAsync(other, "goes on");
        await Control.PauseAsync(_collection.Id, CancellationToken.None);
        await Control.PauseAsync(_collection.Id, CancellationToken.None);

        Assert.Equal(other.Id, (await _engine.Jobs.ClaimAsync("w", CancellationToken.None))!.Collection);
        Assert.Null(await _engine.Jobs.ClaimAsync("w", CancellationToken.None));
        await Control.ResumeAsync(null, CancellationToken.None);
        Assert.Null(await _engine.Jobs.ClaimAsync("w", CancellationToken.None));
        await Control.ResumeAsync(_collection.Id, CancellationToken.None);
        Assert.Equal(_collection.Id, (await _engine.Jobs.ClaimAsync("w", CancellationToken.None))!.Collection);
    }

    [Fact]
    public async Task The_queue_is_counted_by_collection()
    {
        var idle = await _engine.CreateCollectionAsync("idle");
        var paused = await _engine.CreateCollectionAsync("later");
        await Control.PauseAsync(paused.Id, CancellationToken.None);
        for (var i = 0; i < 4; i++)
        {
            await _engine.SubmitAsync(_collection, $"text {i}");
        }

        await _engine.ExecuteAsync("update jobs set created = now() - interval '90 seconds'");
        await _engine.Jobs.FailAsync((await _engine.Jobs.ClaimAsync("w", CancellationToken.None))!, FailureKind.Document, new Problem("x", "x"), "extract", CancellationToken.None);
        await _engine.Jobs.ClaimAsync("w", CancellationToken.None);

        var state = await Control.GetAsync(null, CancellationToken.None);

        Assert.Equal(["later", "papers"], state.Collections.Select(one => one.Name));
        Assert.NotNull(state.Collections[0].Paused);
        var papers = state.Collections[1];
        Assert.Equal((2L, 1L, 1L), (papers.Queued, papers.Running, papers.Parked));
        Assert.InRange(papers.OldestAge, TimeSpan.FromSeconds(89), TimeSpan.FromMinutes(5));
        Assert.Empty((await Control.GetAsync([idle.Id], CancellationToken.None)).Collections);
        var depth = await _engine.Jobs.DepthAsync(CancellationToken.None);
        Assert.Equal((2L, 1L, 1L), (depth.Queued, depth.Running, depth.Parked));
        Assert.InRange(depth.OldestAge, TimeSpan.FromSeconds(89), TimeSpan.FromMinutes(5));
    }
}
