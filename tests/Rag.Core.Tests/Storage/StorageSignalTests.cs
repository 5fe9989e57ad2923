using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Rag.Core.Jobs;
using Rag.Core.Storage;
using Rag.Testing;

namespace Rag.Core.Tests.Storage;

[Collection(PostgresCollection.Name)]
public sealed class StorageSignalTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_signal_reaches_another_process_and_a_lost_connection_is_told_as_anything_may_have_happened()
    {
        await using var sender = await TestEngine.StartAsync(postgres);
        await using var receiver = await TestEngine.StartAsync(postgres, shareWith: sender);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var heard = Channel.CreateUnbounded<string>();
        using var subscription = receiver.Get<StorageSignals>().Subscribe(StorageChannels.IndexChanges, payload => heard.Writer.TryWrite(payload));

        async Task UntilHeardAsync(string expected)
        {
            // Repeated, because the receiver may not listen yet; a poll cannot help here, nothing is stored.
            var found = false;
            while (!found)
            {
                sender.Get<StorageSignals>().Signal(StorageChannels.IndexChanges, "collection");
                sender.Get<StorageSignals>().Signal(StorageChannels.Jobs, "other channel");
                await Task.Delay(50, limit.Token);
                while (heard.Reader.TryRead(out var payload))
                {
                    Assert.NotEqual("other channel", payload);
                    found |= payload == expected;
                }
            }
        }

        await UntilHeardAsync("collection");
        await EndSessionsAsync(sender, "listen%");
        await UntilHeardAsync("");
        await UntilHeardAsync("collection");
    }

    [Fact]
    public async Task A_worker_that_only_lost_its_connection_keeps_its_jobs_under_a_new_number()
    {
        await using var engine = await TestEngine.StartAsync(postgres);
        await engine.SubmitAsync(await engine.CreateCollectionAsync(), "kept");
        using var presence = new WorkerPresence(engine.Source, engine.Get<StorageReadiness>(), NullLogger<WorkerPresence>.Instance);
        await presence.StartAsync(CancellationToken.None);
        var first = await NameOtherThanAsync(presence, presence.Name.Split('#')[0]);
        var job = (await engine.Jobs.ClaimAsync(first, CancellationToken.None))!;

        await engine.ExecuteAsync("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = $1", (long)AdvisoryLocks.WorkerPresence);
        var second = await NameOtherThanAsync(presence, first);

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await engine.ScalarAsync<string>("select worker from jobs") != second)
        {
            await Task.Delay(25, limit.Token);
        }

        Assert.Empty(await engine.Jobs.FindAbsentWorkersAsync(CancellationToken.None));
        Assert.True(await engine.Jobs.RenewAsync(job, CancellationToken.None));
        await presence.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_claim_that_was_on_its_way_when_its_worker_changed_its_number_gets_the_new_one()
    {
        await using var engine = await TestEngine.StartAsync(postgres);
        var collection = await engine.CreateCollectionAsync();
        await engine.SubmitAsync(collection, "kept");
        await engine.SubmitAsync(collection, "claimed late");
        using var presence = new WorkerPresence(engine.Source, engine.Get<StorageReadiness>(), NullLogger<WorkerPresence>.Instance);
        await presence.StartAsync(CancellationToken.None);
        var first = await NameOtherThanAsync(presence, presence.Name.Split('#')[0]);
        await engine.Jobs.ClaimAsync(first, CancellationToken.None);
        await engine.ExecuteAsync("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = $1", (long)AdvisoryLocks.WorkerPresence);
        var second = await NameOtherThanAsync(presence, first);
        // Once the first job has the new name, whatever is done at the change itself has been done.
        await Eventually.BecomesAsync(() => engine.ScalarAsync<long>("select count(*) from jobs where worker = $1", second), count => count == 1);

        await engine.Jobs.ClaimAsync(first, CancellationToken.None);

        await Eventually.BecomesAsync(() => engine.ScalarAsync<long>("select count(*) from jobs where worker = $1", second), count => count == 2);
        Assert.Empty(await engine.Jobs.FindAbsentWorkersAsync(CancellationToken.None));
        await presence.StopAsync(CancellationToken.None);
    }

    private static async Task<string> NameOtherThanAsync(WorkerPresence presence, string before)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (presence.Name == before || !presence.Name.Contains('#', StringComparison.Ordinal))
        {
            await Task.Delay(25, limit.Token);
        }

        return presence.Name;
    }

    private static Task EndSessionsAsync(TestEngine engine, string lastQuery) => engine.ExecuteAsync(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and query like $1", lastQuery);
}
