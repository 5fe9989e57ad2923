using System.Reflection;
using Npgsql;
using Rag.Core.Storage;
using Rag.Testing;

namespace Rag.Core.Tests.Storage;

[Collection(PostgresCollection.Name)]
public sealed class AdvisoryLockTests(PostgresFixture postgres)
{
    [Fact]
    public void No_two_tasks_share_a_lock()
    {
        var numbers = typeof(AdvisoryLocks).GetFields(BindingFlags.Public | BindingFlags.Static).Select(static field => Convert.ToInt64(field.GetRawConstantValue(), null)).ToList();

        Assert.True(numbers.Count >= 4);
        Assert.Equal(numbers.Count, numbers.Distinct().Count());
    }

    [Fact]
    public async Task The_server_looks_after_whoever_holds_a_lock_and_lets_go_of_it_soon_after_his_host_vanished()
    {
        await using var source = NpgsqlDataSource.Create(await postgres.CreateDatabaseAsync());
        await using var first = await source.OpenConnectionAsync();
        await using var second = await source.OpenConnectionAsync();
        await using var third = await source.OpenConnectionAsync();

        Assert.True(await first.TryLockAsync(AdvisoryLocks.Projector, default));
        Assert.True(await second.TryLockAsync(AdvisoryLocks.WorkerPresence, 1, default));
        await third.LockAsync(AdvisoryLocks.Migrator, default);

        foreach (var holder in (NpgsqlConnection[])[first, second, third])
        {
            // Asked of the socket itself, where the server's system can tell.
            Assert.Equal("10", await holder.Sql("show tcp_keepalives_idle").ScalarAsync<string>(default));
            Assert.Equal("5", await holder.Sql("show tcp_keepalives_interval").ScalarAsync<string>(default));
            Assert.Equal("3", await holder.Sql("show tcp_keepalives_count").ScalarAsync<string>(default));
            Assert.Equal("25000", await holder.Sql("show tcp_user_timeout").ScalarAsync<string>(default));
        }
    }

    [Fact]
    public async Task A_lock_has_one_holder_and_is_free_when_he_lets_go_or_his_connection_broke()
    {
        await using var source = NpgsqlDataSource.Create(await postgres.CreateDatabaseAsync());
        await using var first = await source.OpenConnectionAsync();
        await using var second = await source.OpenConnectionAsync();
        Assert.True(await first.TryLockAsync(AdvisoryLocks.Sweeper, default));
        Assert.False(await second.TryLockAsync(AdvisoryLocks.Sweeper, default));

        await first.UnlockAsync();
        Assert.True(await second.TryLockAsync(AdvisoryLocks.Sweeper, default));

        await first.Sql("select pg_terminate_backend($1)", second.ProcessID).RunAsync(default);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => second.Sql("select 1").RunAsync(default));
        // Nothing to let go of, and nothing that would hide why.
        await second.UnlockAsync();
        await Eventually.TrueAsync(() => first.TryLockAsync(AdvisoryLocks.Sweeper, default), "the lock is free");
    }

    [Fact]
    public void Nobody_takes_a_lock_in_another_way()
    {
        var others = Directory.EnumerateDirectories(Repository.Root, "Rag.*")
            .SelectMany(static folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
            .Where(static file => Path.GetFileName(file) != "SessionLocks.cs" && File.ReadAllText(file).Contains("advisory_lock(", StringComparison.Ordinal))
            .Select(Path.GetFileName);

        Assert.Empty(others);
    }
}
