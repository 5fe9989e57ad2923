using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Rag.Core.Storage;
using Rag.Testing;

namespace Rag.Core.Tests.Storage;

[Collection(PostgresCollection.Name)]
public sealed class MigratorTests(PostgresFixture postgres)
{
    private static readonly Migration[] Two =
    [
        new(1, "one", "create table one (id int);"),
        new(2, "two", "create table two (id int); insert into one values (2);"),
    ];

    [Fact]
    public async Task Migrations_run_once_however_many_processes_start()
    {
        await using var source = await SourceAsync();

        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => PrepareAsync(source, Two))));
        await PrepareAsync(source, Two);

        Assert.Equal(1, await CountAsync(source, "one"));
        Assert.Equal(2, await CountAsync(source, "schema_migrations"));
    }

    [Fact]
    public async Task A_later_version_adds_only_what_is_new()
    {
        await using var source = await SourceAsync();
        await PrepareAsync(source, Two[..1]);

        await PrepareAsync(source, Two);

        Assert.Equal(1, await CountAsync(source, "one"));
    }

    [Fact]
    public async Task A_failed_migration_leaves_the_schema_as_it_was()
    {
        await using var source = await SourceAsync();
        var broken = new Migration(2, "two", "create table two (id int); select 1 / 0;");

        var failure = await Assert.ThrowsAsync<StorageException>(() => PrepareAsync(source, [Two[0], broken]));

        Assert.False(failure.IsTransient);
        Assert.Equal(1, await CountAsync(source, "schema_migrations"));
        await PrepareAsync(source, Two);
    }

    [Fact]
    public async Task A_changed_migration_and_a_newer_schema_are_refused()
    {
        await using var source = await SourceAsync();
        await PrepareAsync(source, Two);

        var changed = await Assert.ThrowsAsync<RagException>(() => PrepareAsync(source, [Two[0], new Migration(2, "two", "select 1;")]));
        var newer = await Assert.ThrowsAsync<RagException>(() => PrepareAsync(source, Two[..1]));

        Assert.Equal(("schema-changed", "schema-newer"), (changed.Code, newer.Code));
    }

    [Fact]
    public async Task Check_changes_nothing_and_says_what_is_missing()
    {
        await using var source = await SourceAsync();

        var outdated = await Assert.ThrowsAsync<RagException>(() => PrepareAsync(source, Two, MigrationMode.Check));

        Assert.Equal(("schema-outdated", true), (outdated.Code, outdated.IsTransient));
        await PrepareAsync(source, Two);
        await PrepareAsync(source, Two, MigrationMode.Check);
    }

    [Fact]
    public async Task A_missing_database_is_made_by_one_of_those_who_come()
    {
        var builder = new NpgsqlConnectionStringBuilder(await postgres.CreateDatabaseAsync()) { Database = $"made-{Guid.NewGuid():N}" };
        await using var source = NpgsqlDataSource.Create(builder.ConnectionString);

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => PrepareAsync(source, Two))));

        Assert.Equal(1, await CountAsync(source, "one"));
    }

    [Fact]
    public async Task The_application_role_reads_and_writes_rows_but_not_the_schema()
    {
        await using var source = await SourceAsync();
        await PrepareAsync(source, Migration.All);
        await using var connection = await source.OpenConnectionAsync();
        await connection.Sql($"set role {Migrator.ApplicationRole}").RunAsync(CancellationToken.None);

        await connection.Sql("insert into api_keys (id, name, hash, scopes) values ($1, 'k', $2, '{}')", Guid.NewGuid(), new byte[32]).RunAsync(CancellationToken.None);
        await Assert.ThrowsAsync<PostgresException>(() => connection.Sql("create table t (id int)").RunAsync(CancellationToken.None));
        await Assert.ThrowsAsync<PostgresException>(() => connection.Sql("delete from schema_migrations").RunAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_server_that_is_away_is_a_passing_failure()
    {
        await using var source = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Database=x;Username=x;Timeout=2");

        var failure = await Assert.ThrowsAsync<StorageException>(() => PrepareAsync(source, Two));

        Assert.Equal((StorageException.Away, true), (failure.Code, failure.IsTransient));
    }

    private static Task PrepareAsync(NpgsqlDataSource source, IReadOnlyList<Migration> migrations, MigrationMode mode = MigrationMode.Auto) =>
        new Migrator(source, mode, migrations, NullLogger.Instance).PrepareAsync(CancellationToken.None);

    private static async Task<long> CountAsync(NpgsqlDataSource source, string table)
    {
        await using var connection = await source.OpenConnectionAsync();
        return await connection.Sql($"select count(*) from {table}").ScalarAsync<long>(CancellationToken.None);
    }

    private async Task<NpgsqlDataSource> SourceAsync() =>
        StorageRegistration.CreateDataSource(new StorageOptions { ConnectionString = await postgres.CreateDatabaseAsync() }, loggers: null);
}
