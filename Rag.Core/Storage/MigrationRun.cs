using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Rag.Core.Storage;

/// <summary>
/// Makes everything in PostgreSQL that the services need before they start: with an administrator's rights also the database and the services'
/// own user, which then belongs to <see cref="Migrator.ApplicationRole"/> and to nothing else. What is there already stays as it is.
/// </summary>
/// <param name="storage">As the services have it.</param>
/// <param name="migration">The administrator, and how long to wait.</param>
/// <param name="time">The clock of the waiting.</param>
/// <param name="loggers">For Npgsql and the migrator.</param>
public sealed class MigrationRun(IOptions<StorageOptions> storage, IOptions<MigrationOptions> migration, TimeProvider time, ILoggerFactory loggers)
{
    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(1);

    /// <summary>Does it.</summary>
    /// <param name="onWaiting">Told why, once for each reason, while the database does not answer.</param>
    /// <param name="cancellationToken">Ends the waiting; a migration that is under way is undone.</param>
    /// <exception cref="StorageException">The database refuses, or does not answer in time.</exception>
    /// <exception cref="RagException"><c>schema-newer</c>, <c>schema-changed</c>; <c>migration-credentials</c>: a file with a password is missing.</exception>
    public async Task<MigrationResult> RunAsync(Action<string> onWaiting, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(onWaiting);
        var started = time.GetTimestamp();
        string? said = null;
        while (true)
        {
            try
            {
                return await TryAsync(cancellationToken);
            }
            catch (StorageException e) when (MayPass(e) && time.GetElapsedTime(started) < migration.Value.Patience)
            {
                var reason = (e.InnerException ?? e).Message;
                if (said != reason)
                {
                    said = reason;
                    onWaiting(reason);
                }

                await Task.Delay(BetweenTries, time, cancellationToken);
            }
        }
    }

    // Services wait when their password is wrong, because it may be rotated; whoever starts a migration wants to know.
    private static bool MayPass(StorageException exception) => exception is
    {
        IsTransient: true,
        InnerException: not PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification },
    };

    private async Task<MigrationResult> TryAsync(CancellationToken cancellationToken)
    {
        if (migration.Value.AdminUsername is not { Length: > 0 } administrator)
        {
            await using var own = StorageRegistration.CreateDataSource(storage.Value, loggers);
            return new MigrationResult(await MigratorFor(own).PrepareAsync(cancellationToken), CreatedUser: null);
        }

        try
        {
            return await AsAdministratorAsync(administrator, cancellationToken);
        }
        catch (Exception e) when (StorageException.From(e) is { } failure)
        {
            throw failure;
        }
    }

    private async Task<MigrationResult> AsAdministratorAsync(string administrator, CancellationToken cancellationToken)
    {
        var services = new NpgsqlConnectionStringBuilder(storage.Value.ConnectionString);
        var options = new StorageOptions
        {
            ConnectionString = new NpgsqlConnectionStringBuilder(storage.Value.ConnectionString) { Username = administrator, Password = null }.ConnectionString,
            PasswordFile = migration.Value.AdminPasswordFile,
            CommandTimeout = storage.Value.CommandTimeout,
        };
        await using var source = StorageRegistration.CreateDataSource(options, loggers);
        var migrator = MigratorFor(source);
        var change = await migrator.PrepareAsync(cancellationToken);
        if (services.Username is not { Length: > 0 } user || user == administrator)
        {
            return new MigrationResult(change, CreatedUser: null);
        }

        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        // Once more even where no migration ran: an earlier one may have run without the right to make the role.
        await migrator.GrantAsync(connection, cancellationToken);
        var created = await EnsureUserAsync(connection, user, services.Password, cancellationToken);
        return new MigrationResult(change, created ? user : null);
    }

    private async Task<bool> EnsureUserAsync(NpgsqlConnection connection, string user, string? password, CancellationToken cancellationToken)
    {
        var exists = await connection.Sql("select exists (select from pg_roles where rolname = $1)", user).ScalarAsync<bool>(cancellationToken);
        if (!exists)
        {
            // Whose password it is belongs to whoever made the user; it is never changed here.
            var verifier = ScramVerifier.Of(password is { Length: > 0 } ? password : ReadPassword());
            await connection.Sql($"create role {Migrator.Quote(user)} login password '{verifier}'").RunAsync(cancellationToken);
        }

        await connection.Sql($"grant {Migrator.ApplicationRole} to {Migrator.Quote(user)}").RunAsync(cancellationToken);
        return !exists;
    }

    private string ReadPassword()
    {
        if (storage.Value.PasswordFile is not { Length: > 0 } file)
        {
            throw new RagException("migration-credentials", "The services' user is to be made and has no password. Set Rag:Storage:PasswordFile, as for the services.");
        }

        try
        {
            return File.ReadAllText(file).TrimEnd('\r', '\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RagException("migration-credentials", $"The password file '{file}' (Rag:Storage:PasswordFile) cannot be read.", inner: e);
        }
    }

    private Migrator MigratorFor(NpgsqlDataSource source) => new(source, MigrationMode.Auto, Migration.All, loggers.CreateLogger<Migrator>());
}

/// <summary>What a run did.</summary>
/// <param name="Schema">To the schema.</param>
/// <param name="CreatedUser">The services' user, where it was made.</param>
public sealed record MigrationResult(SchemaChange Schema, string? CreatedUser);
