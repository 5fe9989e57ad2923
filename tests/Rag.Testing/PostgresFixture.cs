using System.Security.Cryptography;
using Aspire.Hosting.Native;
using Npgsql;
using Xunit;

namespace Rag.Testing;

/// <summary>
/// One real PostgreSQL for a test assembly's collection, thrown away afterwards. Each test class asks for its own database, so that
/// classes share no rows. Use as <c>ICollectionFixture</c> or <c>IClassFixture</c>.
/// </summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"rag-test-pg-{Guid.NewGuid():N}");
    private PostgresServer? _server;

    /// <summary>Process id of the server, for tests that stop it.</summary>
    public int ProcessId => Server.ProcessId;

    private PostgresServer Server => _server ?? throw new InvalidOperationException("The fixture is not initialised.");

    public async Task InitializeAsync()
    {
        var bin = PostgresBinaries.Find()
            ?? throw new InvalidOperationException("These tests need PostgreSQL. Run them through './rag test', which installs it, or install the package 'postgresql'.");
        Environment.SetEnvironmentVariable("PGTZ", "UTC");
        _server = await PostgresServer.StartAsync(
            new PostgresServerOptions
            {
                BinDirectory = bin,
                DataDirectory = _directory,
                Port = FreePort.Next(),
                Password = Convert.ToHexString(RandomNumberGenerator.GetBytes(12)),
                // The data is thrown away: what protects it from a power cut only costs time here.
                Settings = new Dictionary<string, string> { ["fsync"] = "off", ["synchronous_commit"] = "off", ["full_page_writes"] = "off" },
            },
            static _ => { },
            CancellationToken.None);
    }

    /// <summary>Creates an empty database and returns the superuser's connection string to it.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"t{Guid.NewGuid():N}";
        await using var connection = new NpgsqlConnection(Server.ConnectionString("postgres"));
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = $"create database {name}";
        await command.ExecuteNonQueryAsync();
        return Server.ConnectionString(name);
    }

    public async Task DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }
}
