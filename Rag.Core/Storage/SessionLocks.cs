using System.Data;
using Npgsql;

namespace Rag.Core.Storage;

/// <summary>
/// Takes and lets go of <see cref="AdvisoryLocks"/> on a connection that the caller keeps open meanwhile. The server lets go of them when the
/// connection ends, which it learns at once from a process that dies. Of a host that vanishes it would learn after about two hours only:
/// so it is told to ask every few seconds whether the other side is still there.
/// </summary>
internal static class SessionLocks
{
    // 10 s + 3 * 5 s until a silent host is given up; as long for what was sent and is not acknowledged, where the server's system can do that. A
    // pool undoes it when it takes the connection back. Without effect, and without harm, where the connection is no TCP connection.
    private const string Watch =
        "set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3; set tcp_user_timeout = 25000";

    /// <summary>The same as a part of a select, for a transaction that holds rows which another process waits for.</summary>
    public const string WatchUntilCommit =
        "set_config('tcp_keepalives_idle', '10', true), set_config('tcp_keepalives_interval', '5', true), set_config('tcp_keepalives_count', '3', true), set_config('tcp_user_timeout', '25000', true)";

    /// <summary>Takes a lock unless somebody else has it.</summary>
    public static async Task<bool> TryLockAsync(this NpgsqlConnection connection, long key, CancellationToken cancellationToken)
    {
        await connection.Sql(Watch).RunAsync(cancellationToken);
        return await connection.Sql("select pg_try_advisory_lock($1)", key).ScalarAsync<bool>(cancellationToken);
    }

    /// <summary>As the other, for a lock with two keys.</summary>
    public static async Task<bool> TryLockAsync(this NpgsqlConnection connection, int first, int second, CancellationToken cancellationToken)
    {
        await connection.Sql(Watch).RunAsync(cancellationToken);
        return await connection.Sql("select pg_try_advisory_lock($1, $2)", first, second).ScalarAsync<bool>(cancellationToken);
    }

    /// <summary>Takes a lock, however long somebody else has it.</summary>
    public static async Task LockAsync(this NpgsqlConnection connection, long key, CancellationToken cancellationToken)
    {
        await connection.Sql(Watch).RunAsync(cancellationToken);
        var wait = connection.Sql("select pg_advisory_lock($1)", key);
        wait.CommandTimeout = 0;
        await wait.RunAsync(cancellationToken);
    }

    /// <summary>Lets go of all that the connection holds. When it broke, the server has done so already.</summary>
    public static async Task UnlockAsync(this NpgsqlConnection connection)
    {
        if (connection.FullState == ConnectionState.Open)
        {
            await connection.Sql("select pg_advisory_unlock_all()").RunAsync(CancellationToken.None);
        }
    }
}
