using Rag.Testing;

namespace Rag.Api.Tests.Support;

/// <summary>One PostgreSQL for the assembly.</summary>
[CollectionDefinition(Name)]
public sealed class Postgres : ICollectionFixture<PostgresFixture>
{
    public const string Name = "PostgreSQL";
}

/// <summary>An API of its own, on a database of its own, for the tests of one class.</summary>
public sealed class ApiFixture(PostgresFixture postgres) : IAsyncLifetime
{
    private ApiHost? _host;

    public ApiHost Api => _host ?? throw new InvalidOperationException("The fixture is not initialised.");

    public async Task InitializeAsync() => _host = await ApiHost.StartReadyAsync(await postgres.CreateDatabaseAsync());

    public async Task DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }
    }
}
