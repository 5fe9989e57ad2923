using Aspire.Hosting.Native;
using Npgsql;

namespace LocalHosting.Tests.Native;

public class PostgresServerTests
{
    [Fact]
    public async Task Data_survives_a_restart_and_the_password_is_asked_for()
    {
        var options = new PostgresServerOptions
        {
            BinDirectory = PostgresBinaries.Find() ?? throw new InvalidOperationException("PostgreSQL is not installed."),
            DataDirectory = Path.Combine(Path.GetTempPath(), $"rag-pg-{Guid.NewGuid():N}"),
            Port = FreePort.Next(),
            Password = "p'w with spaces",
        };
        try
        {
            await using (var first = await PostgresServer.StartAsync(options, _ => { }, CancellationToken.None))
            {
                await ExecuteAsync(first, "create table kept (id int); insert into kept values (7)");
            }

            await using var second = await PostgresServer.StartAsync(options with { Port = FreePort.Next() }, _ => { }, CancellationToken.None);
            Assert.Equal(7, await ExecuteAsync(second, "select id from kept"));

            var wrong = new NpgsqlConnectionStringBuilder(second.ConnectionString("postgres")) { Password = "wrong", Pooling = false };
            await using var connection = new NpgsqlConnection(wrong.ConnectionString);
            await Assert.ThrowsAsync<PostgresException>(() => connection.OpenAsync());
        }
        finally
        {
            Directory.Delete(options.DataDirectory, recursive: true);
        }
    }

    private static async Task<object?> ExecuteAsync(PostgresServer server, string sql)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString("postgres") + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
