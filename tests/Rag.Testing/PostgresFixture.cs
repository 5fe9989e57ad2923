using Xunit;

namespace Rag.Testing;

/// <summary>
/// One real PostgreSQL for a test collection or class. Each test class asks for its own database, so that classes share no rows.
/// Use as <c>ICollectionFixture</c> or <c>IClassFixture</c>.
/// </summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    private PostgresInstance? _instance;

    /// <summary>Process id of the server, for tests that stop it.</summary>
    public int ProcessId => Instance.ProcessId;

    /// <summary>Folder of its programs.</summary>
    public string BinDirectory => Instance.BinDirectory;

    private PostgresInstance Instance => _instance ?? throw new InvalidOperationException("The fixture is not initialised.");

    public async Task InitializeAsync() => _instance = await PostgresInstance.StartAsync();

    /// <summary>Creates an empty database and returns the superuser's connection string to it.</summary>
    public Task<string> CreateDatabaseAsync() => Instance.CreateDatabaseAsync();

    public async Task DisposeAsync()
    {
        if (_instance is not null)
        {
            await _instance.DisposeAsync();
        }
    }
}
