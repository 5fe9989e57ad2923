using Npgsql;
using Rag.Core.Storage;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>
/// Lets only the newest projector write. Its row is locked while something is written, in the books or in Qdrant: whoever takes over waits
/// for that, and whoever was replaced finds another number and gives up with <see cref="ProjectorReplacedException"/> before he writes.
/// </summary>
internal sealed class ProjectionFence(Database database)
{
    /// <summary>In one transaction, which writes the books.</summary>
    public Task<T> RunAsync<T>(IndexVersion version, Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken) => database.TransactionAsync(
        async (connection, token) =>
        {
            // Shared: whoever takes over waits for this transaction, or this one for him and then finds his number.
            var isMine = await connection.Sql(
                    $"select true, {SessionLocks.WatchUntilCommit} from index_projectors p join index_versions v on v.provider = p.provider where v.id = $1 and p.epoch = $2 for share of p",
                    version.Id,
                    version.Epoch)
                .ScalarAsync<bool>(token);
            return isMine ? await work(connection, token) : throw new ProjectorReplacedException();
        },
        cancellationToken);

    /// <summary>As the other, for what changes Qdrant alone.</summary>
    public Task RunAsync(IndexVersion version, Func<CancellationToken, Task> work, CancellationToken cancellationToken) => RunAsync(
        version,
        async (_, token) =>
        {
            await work(token);
            return true;
        },
        cancellationToken);
}

/// <summary>Another projector has taken over.</summary>
internal sealed class ProjectorReplacedException : Exception
{
    public ProjectorReplacedException()
        : base("Another process writes the index now.")
    {
    }
}
