using Rag.Core.Documents;
using Rag.Testing;

namespace Rag.Ingest.Tests;

/// <summary>What must hold for every ready document, read straight from the tables.</summary>
internal static class StoredDocuments
{
    public static Task<long> CountAsync(TestEngine engine, string status) =>
        engine.ScalarAsync<long>("select count(*) from documents where status = $1", status);

    /// <summary>Each ready document has one generation, the active one, with every chunk once, and each chunk is the text at its offsets.</summary>
    public static async Task AssertWholeAsync(TestEngine engine)
    {
        Assert.Equal(0, await engine.ScalarAsync<long>(
            """
            select count(*) from documents d
            left join lateral (select count(*) n, count(distinct ordinal) o, coalesce(max(ordinal), -1) m
                from chunks c where c.document_id = d.id and c.generation = d.active_generation) c on true
            where d.status = 'ready' and (d.active_generation is null or c.n <> d.chunk_count or c.o <> c.n or c.m <> c.n - 1)
            """));
        Assert.Equal(0, await engine.ScalarAsync<long>(
            """
            select count(*) from chunks c join generations g using (document_id, generation)
            where c.text <> substr(g.text, c.start_offset + 1, c.end_offset - c.start_offset)
            """));
        Assert.Equal(0, await engine.ScalarAsync<long>(
            "select count(*) from documents d where status = 'ready' and exists (select from jobs j where j.document_id = d.id and state in ('queued', 'running'))"));
        Assert.Equal(0, await engine.ScalarAsync<long>(
            "select count(*) from (select collection_id, max(seq) m, count(*) n from document_events group by 1) e where m <> n"));
        Assert.Equal(0, await engine.ScalarAsync<long>(
            "select count(*) from documents d where status = 'ready' and not exists (select from index_changes i where i.document_id = d.id and i.generation = d.active_generation)"));
    }

    public static async Task<Document> ReadyAsync(TestEngine engine, Document document) => await Eventually.BecomesAsync(
        () => engine.Documents.GetAsync(document.Collection, document.Id, CancellationToken.None),
        static current => current.Status is DocumentStatus.Ready or DocumentStatus.Failed);
}
