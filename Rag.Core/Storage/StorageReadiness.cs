using Npgsql;

namespace Rag.Core.Storage;

/// <summary>
/// Whether the database is there and its schema is the one this build needs. Asks on connections of its own: a pool that is busy with
/// work says nothing of the database. Thread-safe.
/// </summary>
public sealed class StorageReadiness : IAsyncDisposable, IDisposable
{
    /// <summary>Connections that the checks of one process may take beside its pool.</summary>
    internal const int Connections = 2;

    // Shorter than the readiness check's own limit, so that the answer names the database.
    private static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(1.2);

    private readonly NpgsqlDataSource _source;
    private readonly TaskCompletionSource _prepared = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string _reason = "The database was not tried yet.";

    /// <param name="source">Owned: nothing else asks through it.</param>
    internal StorageReadiness(NpgsqlDataSource source) => _source = source;

    /// <summary>True once the schema was found or brought up to date; stays true.</summary>
    public bool IsPrepared => _prepared.Task.IsCompleted;

    /// <summary>Waits until the schema is there, however long that takes.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _prepared.Task.WaitAsync(cancellationToken);

    /// <summary>Asks the database now. Null when it is ready, else the reason in words.</summary>
    public async Task<string?> CheckAsync(CancellationToken cancellationToken)
    {
        if (!IsPrepared)
        {
            return _reason;
        }

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(CheckTimeout);
        try
        {
            await using var connection = await _source.OpenConnectionAsync(timeout.Token);
            await connection.Sql("select 1").RunAsync(timeout.Token);
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"The database did not answer within {CheckTimeout.TotalSeconds:0.#} s.";
        }
        catch (Exception e) when (StorageException.From(e) is { } failure)
        {
            return failure.Message;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _source.DisposeAsync();

    internal void MarkPrepared() => _prepared.TrySetResult();

    internal void MarkWaiting(string reason) => _reason = reason;
}
