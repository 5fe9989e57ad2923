using System.Data;
using System.Net.Sockets;
using Npgsql;

namespace Rag.Core.Storage;

/// <summary>
/// Runs work on a pooled connection and turns Npgsql's failures into <see cref="StorageException"/>. Thread-safe.
/// Other failures, <see cref="RagException"/> and cancellation among them, pass through as they are.
/// </summary>
public sealed class Database(NpgsqlDataSource source)
{
    private const int MaxTries = 5;

    /// <summary>For what needs a connection of its own; failures are Npgsql's then.</summary>
    public NpgsqlDataSource Source { get; } = source;

    /// <summary>Runs <paramref name="work"/> outside of a transaction, each statement for itself.</summary>
    public async Task<T> ReadAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        try
        {
            await using var connection = await OpenAsync(cancellationToken);
            return await RunAsync(connection, work, cancellationToken);
        }
        catch (Exception e) when (e is NpgsqlException or SocketException)
        {
            throw StorageException.From(e)!;
        }
    }

    /// <summary>
    /// Runs <paramref name="work"/> in one transaction and commits. When PostgreSQL chose this transaction to break a deadlock, the
    /// work runs again from its start: it must not have effects elsewhere that cannot be repeated.
    /// </summary>
    public async Task<T> TransactionAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var connection = await OpenAsync(cancellationToken);
                return await RunAsync(
                    connection,
                    async (open, token) =>
                    {
                        await using var transaction = await open.BeginTransactionAsync(token);
                        var result = await work(open, token);
                        // Not to be cancelled: whoever gives up now would not know what became of it.
                        await transaction.CommitAsync(CancellationToken.None);
                        return result;
                    },
                    cancellationToken);
            }
            catch (PostgresException e) when (attempt < MaxTries
                && e.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure)
            {
                // Nothing of it was committed.
            }
            catch (Exception e) when (e is NpgsqlException or SocketException)
            {
                throw StorageException.From(e)!;
            }
        }
    }

    private static async Task<T> RunAsync<T>(NpgsqlConnection connection, Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await work(connection, cancellationToken);
        }
        catch (Exception e) when (e is not (RagException or OperationCanceledException or NpgsqlException or SocketException) && !connection.State.HasFlag(ConnectionState.Open))
        {
            // What is said of a connection that broke between two calls, or while one was under way elsewhere: mostly that it cannot be used so. On
            // one that is open it is a fault of ours, and stays one.
            throw StorageException.Lost(e);
        }
    }

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await Source.OpenConnectionAsync(cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or IOException)
        {
            throw StorageException.Lost(e);
        }
    }
}
