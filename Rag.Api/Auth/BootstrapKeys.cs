using Microsoft.Extensions.Options;
using Npgsql;
using Rag.Core;
using Rag.Core.Storage;

namespace Rag.Api.Auth;

/// <summary>
/// Puts the configured key and sign-in token into the database once it is there, and the key again whenever its file changes. Until that
/// is done the service is not ready: whoever waits for it will use the key next.
/// </summary>
internal sealed partial class BootstrapKeys(
    Database database,
    StorageReadiness storage,
    IOptions<AuthOptions> options,
    Authenticator authenticator,
    TimeProvider time,
    ILogger<BootstrapKeys> logger) : BackgroundService
{
    private static readonly TimeSpan FileCheck = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private volatile bool _registering = true;
    private volatile string? _problem;

    /// <summary>Whether the first registration is still to be done, or was hindered by the database alone.</summary>
    public bool Registering => _registering;

    /// <summary>What is wrong with the configured key, so that it cannot be used; null when nothing is. Other keys serve all the same.</summary>
    public string? Problem => _problem;

    /// <summary>Whether the key that is marked as bootstrap is put back at every start; otherwise it is left over from another configuration.</summary>
    public bool IsConfigured => options.Value is { BootstrapKeyFile.Length: > 0 } or { BootstrapKey.Length: > 0 };

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        string? registered = null;
        try
        {
            await storage.WaitAsync(stoppingToken);
            while (true)
            {
                var wait = options.Value.BootstrapKeyFile is null ? Timeout.InfiniteTimeSpan : FileCheck;
                try
                {
                    var key = ReadKey(options.Value);
                    if (key is not null && BearerText.LooksMade(key) && !BearerText.HasValidCrc(key))
                    {
                        // No request with it would get as far as the database.
                        throw new RagException("internal", "The configured key has the form of a made one, but its check sum is wrong: it was mistyped. Set the whole key, or one of another form.");
                    }

                    if (key is not null && key != registered)
                    {
                        var token = registered is null ? options.Value.SignInToken : null;
                        await database.TransactionAsync((connection, t) => RegisterAsync(connection, key, token, t), stoppingToken);
                        authenticator.Forget();
                        registered = key;
                        LogRegistered(logger);
                    }
                    else if (key is null)
                    {
                        LogNoKey(logger);
                    }

                    _problem = null;
                    _registering = false;
                }
                catch (StorageException e) when (e.IsTransient)
                {
                    // Readiness tells that the database is away.
                    LogFailed(logger, e.Message);
                    wait = Retry;
                }
                catch (RagException e)
                {
                    // Said once, and by readiness as long as it lasts; a key that was registered before goes on serving.
                    if (_problem != e.Message)
                    {
                        LogFailed(logger, e.Message);
                    }

                    _problem = e.Message;
                    _registering = false;
                    wait = Retry;
                }

                await Task.Delay(wait, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private static string? ReadKey(AuthOptions options)
    {
        if (options.BootstrapKeyFile is not { Length: > 0 } file)
        {
            return options.BootstrapKey is { Length: > 0 } configured ? configured : null;
        }

        try
        {
            var key = File.ReadAllText(file).Trim();
            return AuthOptions.IsUsable(key)
                ? key
                : throw new RagException("internal", $"The key in the file of Rag:Auth:BootstrapKeyFile, {file}, cannot be used: {AuthOptions.FormMessage}.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RagException("internal", $"The file of Rag:Auth:BootstrapKeyFile, {file}, cannot be read. Check that it is there and readable.", isTransient: true, e);
        }
    }

    private static async Task<bool> RegisterAsync(NpgsqlConnection connection, string key, string? signInToken, CancellationToken cancellationToken)
    {
        var hash = BearerText.HashOf(key);
        await connection.Sql(
                "update api_keys set revoked = now() where bootstrap and hash <> $1 and revoked is null", hash)
            .RunAsync(cancellationToken);
        var id = await connection.Sql(
                """
                insert into api_keys (id, name, hash, scopes, bootstrap) values ($1, 'bootstrap', $2, '{read,write,admin}', true)
                on conflict (hash) do update set revoked = null, bootstrap = true, scopes = excluded.scopes, collections = null, expires = null
                returning id
                """,
                Guid.CreateVersion7(),
                hash)
            .ScalarAsync<Guid>(cancellationToken);
        if (signInToken is { Length: > 0 })
        {
            // A restart with the same token must not make it good for another 15 minutes.
            await connection.Sql(
                    "insert into sign_in_tokens (hash, key_id, expires) values ($1, $2, now() + interval '15 minutes') on conflict do nothing",
                    BearerText.HashOf(signInToken),
                    id)
                .RunAsync(cancellationToken);
        }

        return true;
    }

    [LoggerMessage(3001, LogLevel.Information, "The configured key is registered")]
    private static partial void LogRegistered(ILogger logger);

    [LoggerMessage(3002, LogLevel.Information, "No key is configured (Rag:Auth:BootstrapKey or BootstrapKeyFile): only keys that are there already can be used")]
    private static partial void LogNoKey(ILogger logger);

    [LoggerMessage(3003, LogLevel.Warning, "The configured key could not be registered, trying again: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}
