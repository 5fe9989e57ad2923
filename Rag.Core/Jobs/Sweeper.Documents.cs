using Rag.Core.Documents;
using Rag.Core.Storage;

namespace Rag.Core.Jobs;

public sealed partial class Sweeper
{
    private const int GenerationsAtOnce = 100;
    private const int ChunksAtOnce = 2000;
    private const int DocumentsAtOnce = 20;

    /// <summary>
    /// Collections whose name was taken away: nobody finds them any more, and nobody can submit to them. First what waits to be processed,
    /// then documents a few at a time with all that hangs on them, then the rest.
    /// </summary>
    private async Task<int> RemoveCollectionsAsync(Steps steps, CancellationToken cancellationToken)
    {
        var removed = await database.ReadAsync(
            (connection, token) => connection.Sql("select id from collections where name is null order by updated").ListAsync(row => new CollectionId(row.GetGuid(0)), token),
            cancellationToken);
        var done = 0;
        foreach (var collection in removed)
        {
            done += await steps.RunAsync("a removed collection", token => RemoveCollectionAsync(collection, token));
        }

        return done;
    }

    private async Task<int> RemoveCollectionAsync(CollectionId collection, CancellationToken cancellationToken)
    {
        await RunAsync("delete from jobs where collection_id = $1 and state = 'queued'", cancellationToken, collection.Value);
        int rows;
        do
        {
            rows = await RunAsync(
                $"delete from documents where id in (select id from documents where collection_id = $1 limit {DocumentsAtOnce})", cancellationToken, collection.Value);
        }
        while (rows > 0);

        rows = await RunAsync("delete from collections where id = $1 and name is null", cancellationToken, collection.Value);
        await blobs.DeleteCollectionAsync(collection, cancellationToken);
        return rows;
    }

    /// <summary>Generations that nobody searches and nobody is writing any more: replaced by newer ones, or never activated.</summary>
    private async Task<int> RemoveGenerationsAsync(Steps steps, CancellationToken cancellationToken)
    {
        var removed = 0;
        var last = (Document: Guid.Empty, Generation: 0L);
        List<(Guid Document, long Generation)> batch;
        do
        {
            batch = await database.ReadAsync(
                (connection, token) => connection.Sql(
                        $"""
                        select g.document_id, g.generation from generations g join documents d on d.id = g.document_id
                        where (g.document_id, g.generation) > ($2, $3)
                          and g.generation is distinct from d.active_generation and g.created < now() - $1
                          and not exists (select from jobs j where j.document_id = g.document_id and j.generation = g.generation and j.state = 'running')
                        order by g.document_id, g.generation limit {GenerationsAtOnce}
                        """,
                        options.Value.Lease * 2,
                        last.Document,
                        last.Generation)
                    .ListAsync(row => (row.GetGuid(0), row.GetInt64(1)), token),
                cancellationToken);
            foreach (var (document, generation) in batch)
            {
                // Each for itself: one that cannot be removed is passed by.
                removed += await steps.RunAsync("a generation that nobody searches", token => RemoveGenerationAsync(document, generation, token));
                last = (document, generation);
            }
        }
        while (batch.Count == GenerationsAtOnce);

        return removed;
    }

    private async Task<int> RemoveGenerationAsync(Guid document, long generation, CancellationToken cancellationToken)
    {
        var chunks = await database.ReadAsync(
            (connection, token) => connection.Sql("select max(ordinal) + 1 from chunks where document_id = $1 and generation = $2", document, generation).ScalarAsync<int>(token),
            cancellationToken);
        // From the end, so that what an interruption leaves is a shorter generation and not one with a hole.
        for (var from = (chunks - 1) / ChunksAtOnce * ChunksAtOnce; from > 0; from -= ChunksAtOnce)
        {
            await RunAsync(
                """
                delete from chunks c where document_id = $1 and generation = $2 and ordinal >= $3
                  and not exists (select from documents d where d.id = $1 and d.active_generation = $2)
                """,
                cancellationToken,
                document,
                generation,
                from);
        }

        return await RunAsync(
            """
            delete from generations where document_id = $1 and generation = $2
              and not exists (select from documents d where d.id = $1 and d.active_generation = $2)
            """,
            cancellationToken,
            document,
            generation);
    }
}
