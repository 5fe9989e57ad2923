using Aspire.Hosting.Native;
using LocalHosting.Tests.Orchestration;
using Npgsql;

namespace LocalHosting.Tests.Native;

public sealed class PostgresClusterTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_lock_left_by_a_dead_server_does_not_keep_the_next_one_from_starting()
    {
        var options = Options();
        await using (await PostgresServer.StartAsync(options, _ => { }, CancellationToken.None))
        {
        }

        // The number belongs to a living process that is no server on this directory: this one.
        var lockFile = Path.Combine(options.DataDirectory, "postmaster.pid");
        await File.WriteAllTextAsync(lockFile, $"{Environment.ProcessId}\n{options.DataDirectory}\n");
        await using var server = await PostgresServer.StartAsync(options, _ => { }, CancellationToken.None);
        Assert.Equal(server.ProcessId, PostgresCluster.RunningServer(options.DataDirectory));
    }

    [Fact]
    public async Task A_living_server_on_the_directory_is_named_and_left_alone()
    {
        var options = Options();
        await using var server = await PostgresServer.StartAsync(options, _ => { }, CancellationToken.None);

        var error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => PostgresServer.StartAsync(options with { Port = FreePort.Next() }, _ => { }, CancellationToken.None));
        Assert.Contains($"process {server.ProcessId}", error.Message, StringComparison.Ordinal);
        await OpenAsync(server.ConnectionString("postgres"));
    }

    [Fact]
    public async Task An_initialisation_that_was_cut_off_starts_anew()
    {
        var options = Options();
        var unfinished = Directory.CreateDirectory(options.DataDirectory + ".unfinished").FullName;
        await File.WriteAllTextAsync(Path.Combine(unfinished, "PG_VERSION"), "15\n");

        await using var server = await PostgresServer.StartAsync(options, _ => { }, CancellationToken.None);
        await OpenAsync(server.ConnectionString("postgres"));
        Assert.False(Directory.Exists(unfinished));
    }

    [Fact]
    public async Task A_lost_password_is_replaced_without_losing_data()
    {
        var options = Options();
        await using (var server = await PostgresServer.StartAsync(options, _ => { }, CancellationToken.None))
        {
            await OpenAsync(server.ConnectionString("postgres"), "create table kept (id int)");
        }

        var changed = options with { Password = "it's \"another\" \\ one" };
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => PostgresServer.StartAsync(changed, _ => { }, CancellationToken.None));
        Assert.Contains("another password", refused.Message, StringComparison.Ordinal);

        await PostgresCluster.ResetPasswordAsync(changed, CancellationToken.None);
        await using var again = await PostgresServer.StartAsync(changed, _ => { }, CancellationToken.None);
        await OpenAsync(again.ConnectionString("postgres"), "select * from kept");
    }

    [Fact]
    public async Task Data_of_another_version_is_refused_with_what_to_do()
    {
        var options = Options();
        Directory.CreateDirectory(options.DataDirectory);
        await File.WriteAllTextAsync(Path.Combine(options.DataDirectory, "PG_VERSION"), "9\n");

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => PostgresServer.StartAsync(options, _ => { }, CancellationToken.None));
        Assert.Contains("Install PostgreSQL 9", error.Message, StringComparison.Ordinal);
        Assert.Contains("./rag backup", error.Message, StringComparison.Ordinal);
    }

    private PostgresServerOptions Options() => new()
    {
        BinDirectory = PostgresBinaries.Find() ?? throw new InvalidOperationException("PostgreSQL is not installed."),
        DataDirectory = Path.Combine(_directory.Path, "pg"),
        Port = FreePort.Next(),
        Password = "first",
        Settings = new Dictionary<string, string> { ["fsync"] = "off" },
    };

    private static async Task OpenAsync(string connectionString, string sql = "select 1")
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
