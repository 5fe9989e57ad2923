using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using Rag.Core.Storage;
using Rag.Testing;

namespace Rag.Core.Tests.Storage;

[Collection(PostgresCollection.Name)]
public sealed class StorageTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_changed_password_file_counts_from_the_next_connection_on()
    {
        var connection = new NpgsqlConnectionStringBuilder(await postgres.CreateDatabaseAsync());
        var password = connection.Password!;
        connection.Password = null;
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "not the password\n");
            await using var source = StorageRegistration.CreateDataSource(
                new StorageOptions { ConnectionString = connection.ConnectionString, PasswordFile = file }, loggers: null);
            var database = new Database(source);
            var refused = await Assert.ThrowsAsync<StorageException>(() => OneAsync(database));
            Assert.Equal((StorageException.Away, true), (refused.Code, refused.IsTransient));
            Assert.DoesNotContain("not the password", refused.ToString(), StringComparison.Ordinal);

            await File.WriteAllTextAsync(file, password + "\n");
            Assert.Equal(1, await OneAsync(database));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_transaction_that_loses_a_deadlock_is_repeated()
    {
        await using var source = NpgsqlDataSource.Create(await postgres.CreateDatabaseAsync());
        var database = new Database(source);
        await database.ReadAsync((c, t) => c.Sql("create table t (id int primary key, n int); insert into t values (1, 0), (2, 0)").RunAsync(t), default);
        using var bothHold = new Barrier(2);
        var tries = 0;

        Task<bool> CrossAsync(int first, int second) => Task.Run(() => database.TransactionAsync(
            async (c, t) =>
            {
                await c.Sql("update t set n = n + 1 where id = $1", first).RunAsync(t);
                if (Interlocked.Increment(ref tries) <= 2)
                {
                    bothHold.SignalAndWait(t);
                }

                await c.Sql("update t set n = n + 1 where id = $1", second).RunAsync(t);
                return true;
            },
            default));
        await Task.WhenAll(CrossAsync(1, 2), CrossAsync(2, 1));

        // One loses, and on a busy machine it may take its first row again before the other one wakes, and lose again.
        Assert.InRange(tries, 3, 10);
        Assert.Equal(4L, await database.ReadAsync((c, t) => c.Sql("select sum(n) from t").ScalarAsync<long>(t), default));
    }

    [Fact]
    public async Task Statements_are_traced_within_a_trace_and_make_none_of_their_own()
    {
        await using var source = StorageRegistration.CreateDataSource(
            new StorageOptions { ConnectionString = await postgres.CreateDatabaseAsync() }, loggers: null);
        var database = new Database(source);
        using var own = new ActivitySource($"test-{Guid.NewGuid():N}");
        var roots = 0;
        var children = 0;
        ActivityTraceId trace = default;
        using var listener = new ActivityListener
        {
            ShouldListenTo = candidate => candidate.Name == "Npgsql" || candidate == own,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                if (activity.Source.Name == "Npgsql" && activity.GetTagItem("db.query.text")?.ToString() == "select 1 as traced")
                {
                    _ = activity.ParentSpanId == default ? Interlocked.Increment(ref roots) : activity.TraceId == trace ? Interlocked.Increment(ref children) : 0;
                }
            },
        };
        ActivitySource.AddActivityListener(listener);

        Activity.Current = null;
        await OneAsync(database);
        using (var activity = own.StartActivity("work"))
        {
            trace = activity!.TraceId;
            await OneAsync(database);
        }

        Assert.Equal((0, 1), (roots, children));
    }

    [Theory]
    [InlineData("", "No database is configured")]
    [InlineData("postgres://rag@localhost/ragdb", "looks like 'Host=")]
    public void A_connection_string_that_is_missing_or_strange_stops_the_start_with_what_to_set(string text, string expected)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("ConnectionStrings:ragdb", text)]).Build();
        using var services = new ServiceCollection().AddLogging().AddRagStorage(configuration).AddRagStorage(configuration).BuildServiceProvider();

        var failure = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<NpgsqlDataSource>());

        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("57P03", true, "storage-away")]
    [InlineData("57014", true, "storage-away")]
    [InlineData("53300", true, "storage-away")]
    [InlineData("08006", true, "storage-away")]
    [InlineData("08P01", false, "storage-failed")]
    [InlineData("42P01", true, "storage-away")]
    [InlineData("53100", true, "disk-full")]
    [InlineData("23505", false, "storage-failed")]
    [InlineData("42601", false, "storage-failed")]
    public void Failures_of_the_server_are_passing_or_not(string state, bool isTransient, string code)
    {
        var failure = StorageException.From(new PostgresException("message with a secret", "ERROR", "ERROR", state))!;

        Assert.Equal((isTransient, code), (failure.IsTransient, failure.Code));
        Assert.DoesNotContain("secret", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_broke_between_two_statements_is_a_database_that_is_away()
    {
        await using var source = NpgsqlDataSource.Create(await postgres.CreateDatabaseAsync());
        var database = new Database(source);

        async Task<int> TwiceAsync(NpgsqlConnection connection, CancellationToken token)
        {
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => connection.Sql("select pg_terminate_backend(pg_backend_pid())").RunAsync(token));
            return await connection.Sql("select 1").ScalarAsync<int>(token);
        }

        foreach (var call in new[] { database.ReadAsync(TwiceAsync, CancellationToken.None), database.TransactionAsync(TwiceAsync, CancellationToken.None) })
        {
            var failure = await Assert.ThrowsAsync<StorageException>(() => call);
            Assert.Equal((StorageException.Away, true), (failure.Code, failure.IsTransient));
        }

        // Whatever is said of a connection that is gone.
        var odd = await Assert.ThrowsAsync<StorageException>(() => database.ReadAsync<int>(
            async (connection, _) =>
            {
                await connection.CloseAsync();
                throw new FormatException("Of half an answer.");
            },
            CancellationToken.None));
        Assert.Equal((StorageException.Away, true), (odd.Code, odd.IsInterruption));
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => database.ReadAsync<int>((_, _) => throw new InvalidOperationException("A fault of ours."), CancellationToken.None));
    }

    [Fact]
    public async Task A_pool_that_is_busy_does_not_make_the_process_unready()
    {
        await using var engine = await TestEngine.StartAsync(postgres, new Dictionary<string, string?> { ["Rag:Storage:MaxPoolSize"] = "10" });
        var held = new List<NpgsqlConnection>();
        try
        {
            // The listener has one of its own, sooner or later.
            while (held.Count < 10)
            {
                using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
                held.Add(await engine.Source.OpenConnectionAsync(limit.Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or NpgsqlException)
        {
            // Exhausted.
        }

        Assert.Null(await engine.Get<StorageReadiness>().CheckAsync(CancellationToken.None));

        foreach (var connection in held)
        {
            await connection.DisposeAsync();
        }
    }

    private static Task<int> OneAsync(Database database) =>
        database.ReadAsync((connection, token) => connection.Sql("select 1 as traced").ScalarAsync<int>(token), CancellationToken.None);
}
