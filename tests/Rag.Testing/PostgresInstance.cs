using System.Security.Cryptography;
using Aspire.Hosting.Native;
using Npgsql;

namespace Rag.Testing;

/// <summary>
/// A real PostgreSQL on a free loopback port with its own data directory, which goes when it is disposed. It can be stopped or killed, and
/// started again where it was with what it had: all that it acknowledged when it is durable.
/// </summary>
public sealed class PostgresInstance : IAsyncDisposable
{
    private readonly PostgresServerOptions _options;
    private PostgresServer _server;

    private PostgresInstance(PostgresServerOptions options, PostgresServer server)
    {
        _options = options;
        _server = server;
    }

    /// <summary>Process id of the server.</summary>
    public int ProcessId => _server.ProcessId;

    /// <summary>Folder of its programs.</summary>
    public string BinDirectory => _options.BinDirectory;

    /// <summary>On 127.0.0.1.</summary>
    public int Port => _options.Port;

    /// <summary>The superuser's.</summary>
    public string Password => _options.Password;

    /// <summary>Starts one.</summary>
    /// <param name="durable">True keeps PostgreSQL's own settings, for measurements; false trades durability for speed.</param>
    /// <exception cref="InvalidOperationException">PostgreSQL is not installed, or did not start.</exception>
    public static async Task<PostgresInstance> StartAsync(bool durable = false)
    {
        var bin = PostgresBinaries.Find()
            ?? throw new InvalidOperationException("PostgreSQL is needed here. './rag test' installs it; by hand it is the package 'postgresql'.");
        var directory = Path.Combine(Path.GetTempPath(), $"rag-test-pg-{Guid.NewGuid():N}");
        var options = new PostgresServerOptions
        {
            BinDirectory = bin,
            DataDirectory = directory,
            Port = FreePort.Next(),
            Password = Convert.ToHexString(RandomNumberGenerator.GetBytes(12)),
        };
        if (!durable)
        {
            // The data is thrown away: what protects it from a power cut only costs time here.
            options = options with
            {
                Settings = new Dictionary<string, string> { ["fsync"] = "off", ["synchronous_commit"] = "off", ["full_page_writes"] = "off" },
            };
        }

        try
        {
            return new PostgresInstance(options, await PostgresServer.StartAsync(options, static _ => { }, CancellationToken.None));
        }
        catch
        {
            Remove(directory);
            throw;
        }
    }

    /// <summary>Creates an empty database and returns the superuser's connection string to it.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"t{Guid.NewGuid():N}";
        await using var connection = new NpgsqlConnection(_server.ConnectionString("postgres"));
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = $"create database {name}";
        await command.ExecuteNonQueryAsync();
        return _server.ConnectionString(name);
    }

    /// <summary>Has it take connections by TLS too, from those that are made after this.</summary>
    /// <param name="certificateFile">PEM.</param>
    /// <param name="keyFile">PEM.</param>
    public async Task ServeTlsAsync(string certificateFile, string keyFile)
    {
        // The server writes the key itself: it takes none that another account could read, and may run as another one than the tests.
        await using var source = NpgsqlDataSource.Create(_server.ConnectionString("postgres"));
        foreach (var sql in new[]
        {
            $"copy (select unnest(string_to_array('{await File.ReadAllTextAsync(keyFile)}', E'\n'))) to program 'umask 077; cat > server.key'",
            $"copy (select unnest(string_to_array('{await File.ReadAllTextAsync(certificateFile)}', E'\n'))) to program 'cat > server.crt'",
            "alter system set ssl = on",
            "select pg_reload_conf()",
        })
        {
            await using var command = source.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }

        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    await using var encrypted = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_server.ConnectionString("postgres")) { SslMode = SslMode.Require, Pooling = false }.ConnectionString);
                    await using var connection = await encrypted.OpenConnectionAsync();
                    return true;
                }
                catch (NpgsqlException)
                {
                    return false;
                }
            },
            "PostgreSQL takes connections by TLS");
    }

    /// <summary>SIGKILL to the server and every session, as a crashed machine would.</summary>
    public Task KillAsync() => _server.KillAsync();

    /// <summary>Fast shutdown: sessions are ended, data is flushed.</summary>
    public async Task StopAsync() => await _server.DisposeAsync();

    /// <summary>Starts it after it was stopped or killed: same address, same password, same data.</summary>
    public async Task StartAgainAsync() => _server = await PostgresServer.StartAsync(_options, static _ => { }, CancellationToken.None);

    /// <summary>Stops the server and removes its data.</summary>
    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await _server.DisposeAsync();
        Remove(_options.DataDirectory);
    }

    private static void Remove(string directory)
    {
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
