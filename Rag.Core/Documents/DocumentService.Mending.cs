using Npgsql;
using Rag.Core.Jobs;
using Rag.Core.Storage;

namespace Rag.Core.Documents;

public sealed partial class DocumentService
{
    private const int ComparedAtOnce = 500;

    // Why a document named d must be processed again; null: it need not. Each change of a state is one transaction, so that none of this
    // should be: it is for somebody else's hands in the tables, and for faults of ours.
    private const string Drift =
        $"""
        case
            when d.status in ('queued', 'processing') and d.stage is distinct from '{JobQueue.IndexStage}'
                and not exists (select from jobs j where j.document_id = d.id and j.state in ('queued', 'running')) then 'unqueued'
            when d.status = 'ready'
                and (not exists (select from generations g where g.document_id = d.id and g.generation = d.active_generation)
                    or d.chunk_count <> (select count(*) from chunks k where k.document_id = d.id and k.generation = d.active_generation)) then 'incomplete'
        end
        """;

    private static readonly Walk Documents = new("documents");

    /// <summary>
    /// Looks at the next documents, and queues those again that wait without a job or whose searched generation is not whole. Where the
    /// original is gone too, processing says so.
    /// </summary>
    internal async Task<MendedDocuments> MendAsync(CancellationToken cancellationToken)
    {
        var (suspects, next) = await SuspectsAsync(cancellationToken);
        var kinds = new List<string>();
        foreach (var (collection, id) in suspects)
        {
            var kind = await database.TransactionAsync((connection, token) => MendAsync(connection, collection, id, token), cancellationToken);
            if (kind is not null)
            {
                kinds.Add(kind);
                SignalWork(collection);
            }
        }

        await database.ReadAsync((connection, token) => Documents.SaveAsync(connection, next, token), cancellationToken);
        return new MendedDocuments(kinds.Count(static kind => kind == "unqueued"), kinds.Count(static kind => kind == "incomplete"));
    }

    private static async Task<string?> MendAsync(NpgsqlConnection connection, CollectionId collection, DocumentId id, CancellationToken cancellationToken)
    {
        if (await LockAsync(connection, collection, id, cancellationToken) is not { } document)
        {
            return null;
        }

        // Once more, now that nobody changes it.
        var kind = await connection.Sql($"select {Drift} from documents d where d.id = $1", id.Value).ScalarAsync<string>(cancellationToken);
        if (kind is not null)
        {
            await QueueAsync(connection, document, sender: null, cancellationToken);
        }

        return kind;
    }

    private Task<(List<(CollectionId Collection, DocumentId Id)> Suspects, WalkPosition? Next)> SuspectsAsync(CancellationToken cancellationToken) => database.ReadAsync(
        async (connection, token) =>
        {
            var last = await Documents.ReadAsync(connection, token);
            var page = await connection.Sql(
                    $"""
                    select d.id, d.collection_id, c.name is not null and {Drift} is not null
                    from (select * from documents where id > $1 order by id limit $2) d join collections c on c.id = d.collection_id
                    order by d.id
                    """,
                    last.Id,
                    ComparedAtOnce)
                .ListAsync(static row => (Id: row.GetGuid(0), Collection: new CollectionId(row.GetGuid(1)), IsSuspect: row.GetBoolean(2)), token);
            return (
                page.Where(static row => row.IsSuspect).Select(static row => (row.Collection, new DocumentId(row.Id))).ToList(),
                page.Count < ComparedAtOnce ? null : new WalkPosition(page[^1].Id, []));
        },
        cancellationToken);
}

/// <summary>Documents that were queued again.</summary>
/// <param name="Unqueued">They waited, and no job was there to come.</param>
/// <param name="Incomplete">They were ready, and what is searched of them was not whole.</param>
internal sealed record MendedDocuments(int Unqueued, int Incomplete);
