using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Rag.Core.Storage;

/// <summary>
/// Brings the schema up to date, or checks that it is. Forward only; every migration is one transaction; the whole runs under an
/// advisory lock, so that any number of processes may start at once.
/// </summary>
public sealed partial class Migrator
{
    /// <summary>Name of the role that has what the services need and nothing more: read and write rows, no changes to the schema.</summary>
    public const string ApplicationRole = "rag_app";

    private readonly NpgsqlDataSource _source;
    private readonly MigrationMode _mode;
    private readonly IReadOnlyList<Migration> _migrations;
    private readonly ILogger _logger;

    /// <summary>For this build's migrations.</summary>
    public Migrator(NpgsqlDataSource source, IOptions<StorageOptions> options, ILogger<Migrator> logger)
        : this(source, options?.Value.Migrate ?? throw new ArgumentNullException(nameof(options)), Migration.All, logger)
    {
    }

    internal Migrator(NpgsqlDataSource source, MigrationMode mode, IReadOnlyList<Migration> migrations, ILogger logger)
    {
        _source = source;
        _mode = mode;
        _migrations = migrations;
        _logger = logger;
    }

    /// <summary>Migrates or checks, as configured.</summary>
    /// <returns>What was done.</returns>
    /// <exception cref="StorageException">The database is away or refuses.</exception>
    /// <exception cref="RagException"><c>schema-outdated</c>, <c>schema-newer</c>, <c>schema-changed</c>.</exception>
    public async Task<SchemaChange> PrepareAsync(CancellationToken cancellationToken)
    {
        try
        {
            return _mode == MigrationMode.Check ? await CheckAsync(cancellationToken) : await MigrateAsync(cancellationToken);
        }
        catch (Exception e) when (e is NpgsqlException or SocketException)
        {
            throw StorageException.From(e)!;
        }
    }

    private async Task<SchemaChange> CheckAsync(CancellationToken cancellationToken)
    {
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        var applied = await AppliedAsync(connection, cancellationToken);
        var pending = Pending(applied);
        if (pending.Count > 0)
        {
            throw new RagException(
                "schema-outdated",
                $"The database's schema is at {applied.Count}, this version needs {_migrations.Count}, and Rag:Storage:Migrate is 'check'. "
                + "Start one process with Rag:Storage:Migrate=auto, or run the migration job.",
                isTransient: true);
        }

        return new SchemaChange([], _migrations.Count, DatabaseCreated: false);
    }

    private async Task<SchemaChange> MigrateAsync(CancellationToken cancellationToken)
    {
        var (connection, created) = await OpenOrCreateDatabaseAsync(cancellationToken);
        await using var opened = connection;
        // Another process may be migrating for a long time.
        await connection.LockAsync(AdvisoryLocks.Migrator, cancellationToken);
        try
        {
            var pending = Pending(await AppliedAsync(connection, cancellationToken));
            foreach (var migration in pending)
            {
                await ApplyAsync(connection, migration, cancellationToken);
            }

            if (pending.Count > 0)
            {
                await GrantAsync(connection, cancellationToken);
            }

            return new SchemaChange([.. pending.Select(static migration => migration.Name)], _migrations.Count, created);
        }
        finally
        {
            await connection.UnlockAsync();
        }
    }

    private async Task<(NpgsqlConnection Connection, bool Created)> OpenOrCreateDatabaseAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await _source.OpenConnectionAsync(cancellationToken), false);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidCatalogName)
        {
            // The database is missing: made below, through the one that every server has.
        }

        var target = new NpgsqlConnectionStringBuilder(_source.ConnectionString);
        var created = false;
        var name = target.Database ?? throw new RagException("storage-failed", "The connection string names no database: add 'Database=ragdb' to it.");
        // A connection of the same data source would ask for the missing database again; CloneWith keeps its password provider.
        await using (var template = _source.CreateConnection())
        await using (var maintenance = await template.CloneWithAsync(
            new NpgsqlConnectionStringBuilder(_source.ConnectionString) { Database = "postgres", Pooling = false }.ConnectionString, cancellationToken))
        {
            await maintenance.OpenAsync(cancellationToken);
            try
            {
                await maintenance.Sql($"create database {Quote(name)} encoding 'UTF8' template template0").RunAsync(cancellationToken);
                created = true;
                LogDatabaseCreated(_logger, name);
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation)
            {
                // Another process was faster.
            }
        }

        return (await _source.OpenConnectionAsync(cancellationToken), created);
    }

    private static async Task<List<(int Number, string Checksum)>> AppliedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var exists = await connection.Sql("select to_regclass('schema_migrations') is not null").ScalarAsync<bool>(cancellationToken);
        return exists
            ? await connection.Sql("select number, checksum from schema_migrations order by number")
                .ListAsync(row => (row.GetInt32(0), row.GetString(1)), cancellationToken)
            : [];
    }

    private List<Migration> Pending(List<(int Number, string Checksum)> applied)
    {
        foreach (var (number, checksum) in applied)
        {
            if (number > _migrations.Count)
            {
                throw new RagException(
                    "schema-newer",
                    $"The database's schema is at {applied[^1].Number}, newer than this version knows ({_migrations.Count}). Schemas only go forward: run the newer version.");
            }

            if (_migrations[number - 1].Checksum != checksum)
            {
                throw new RagException(
                    "schema-changed",
                    $"Migration {number} was applied to this database in another form than this version has. "
                    + "A released migration never changes: use the version that made this database, or an empty database.");
            }
        }

        return [.. _migrations.Skip(applied.Count)];
    }

    private async Task ApplyAsync(NpgsqlConnection connection, Migration migration, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.Sql(
                """
                create table if not exists schema_migrations (
                    number   int primary key,
                    name     text not null,
                    checksum text not null,
                    applied  timestamptz not null default now()
                )
                """)
            .RunAsync(cancellationToken);
        await using (var command = connection.Sql(migration.Sql))
        {
            // A later migration may rewrite a large table.
            command.CommandTimeout = 0;
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        await connection.Sql("insert into schema_migrations (number, name, checksum) values ($1, $2, $3)", migration.Number, migration.Name, migration.Checksum)
            .RunAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        LogApplied(_logger, migration.Number, migration.Name);
    }

    /// <summary>The role is a convenience for those who run the services with less than the owner's rights: without the right to make it, life goes on.</summary>
    internal async Task GrantAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await connection.Sql(
                    $"""
                    do $$ begin
                        if not exists (select from pg_roles where rolname = '{ApplicationRole}') then
                            create role {ApplicationRole} nologin;
                        end if;
                    exception when duplicate_object or unique_violation then null;
                    end $$;
                    grant usage on schema public to {ApplicationRole};
                    grant select, insert, update, delete on all tables in schema public to {ApplicationRole};
                    grant usage, select on all sequences in schema public to {ApplicationRole};
                    revoke insert, update, delete on schema_migrations from {ApplicationRole};
                    """)
                .RunAsync(cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.UndefinedObject)
        {
            LogNoRole(_logger, ApplicationRole);
        }
    }

    internal static string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    [LoggerMessage(2020, LogLevel.Information, "Database {Name} created")]
    private static partial void LogDatabaseCreated(ILogger logger, string name);

    [LoggerMessage(2021, LogLevel.Information, "Migration {Number} ({Name}) applied")]
    private static partial void LogApplied(ILogger logger, int number, string name);

    [LoggerMessage(2022, LogLevel.Information, "The role {Role} was not made: this user may not create roles. Services run with the rights of their own user")]
    private static partial void LogNoRole(ILogger logger, string role);
}

/// <summary>What became of a schema.</summary>
/// <param name="Applied">Names of the migrations that ran now, in order.</param>
/// <param name="Version">Number of the last migration that the schema has.</param>
/// <param name="DatabaseCreated">Whether the database itself was missing.</param>
public sealed record SchemaChange(IReadOnlyList<string> Applied, int Version, bool DatabaseCreated);
