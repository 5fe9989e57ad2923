using Rag.Core.Documents;
using Rag.Core.Storage;
using Rag.Testing;

namespace Rag.Ingest.Tests;

/// <summary>What must hold for every ready document, read straight from the tables.</summary>
internal static class StoredDocuments
{
    public static Task<long> CountAsync(TestEngine engine, string status) =>
        engine.ScalarAsync<long>("select count(*) from documents where status = $1", status);

    /// <summary>Each ready document has one generation, the active one, with every chunk once; each chunk is the text at its offsets, and nothing of the text is in no chunk.</summary>
    public static async Task AssertWholeAsync(TestEngine engine)
    {
        Assert.Equal(0, await engine.ScalarAsync<long>(
            """
            select count(*) from documents d
            left join lateral (select count(*) n, count(distinct ordinal) o, coalesce(max(ordinal), -1) m
                from chunks c where c.document_id = d.id and c.generation = d.active_generation) c on true
            where d.status = 'ready' and (d.active_generation is null or c.n <> d.chunk_count or c.o <> c.n or c.m <> c.n - 1)
            """));
        await AssertCoveredAsync(engine);
        Assert.Equal(0, await engine.ScalarAsync<long>(
            "select count(*) from documents d where status = 'ready' and exists (select from jobs j where j.document_id = d.id and state in ('queued', 'running'))"));
        Assert.Equal(0, await engine.ScalarAsync<long>(
            "select count(*) from (select collection_id, max(seq) m, count(*) n from document_events group by 1) e where m <> n"));
        Assert.Equal(0, await engine.ScalarAsync<long>(
            "select count(*) from documents d where status = 'ready' and not exists (select from index_changes i where i.document_id = d.id and i.generation = d.active_generation)"));
    }

    /// <summary>In UTF-16 code units, as offsets are counted; SQL would count code points.</summary>
    private static async Task AssertCoveredAsync(TestEngine engine)
    {
        await using var connection = await engine.Source.OpenConnectionAsync();
        var texts = (await connection.Sql(
                "select d.id, g.text from documents d join generations g on g.document_id = d.id and g.generation = d.active_generation where d.status = 'ready'")
            .ListAsync(row => (Id: row.GetGuid(0), Text: row.GetString(1)), CancellationToken.None)).ToDictionary(row => row.Id, row => row.Text);
        var chunks = await connection.Sql(
                """
                select c.document_id, c.start_offset, c.end_offset, c.text
                from chunks c join documents d on d.id = c.document_id and d.active_generation = c.generation where d.status = 'ready'
                """)
            .ListAsync(row => (Document: row.GetGuid(0), Start: row.GetInt32(1), End: row.GetInt32(2), Text: row.GetString(3)), CancellationToken.None);
        var byDocument = chunks.ToLookup(chunk => chunk.Document);
        foreach (var (id, text) in texts)
        {
            var covered = new bool[text.Length];
            foreach (var chunk in byDocument[id])
            {
                Assert.Equal(text[chunk.Start..chunk.End], chunk.Text);
                covered.AsSpan(chunk.Start, chunk.End - chunk.Start).Fill(true);
            }

            var missing = Enumerable.Range(0, text.Length).FirstOrDefault(i => !covered[i] && !char.IsWhiteSpace(text[i]), -1);
            Assert.True(missing < 0, $"Document {id}: nothing holds what stands at {missing} of {text.Length}.");
        }
    }

    public static async Task<Document> ReadyAsync(TestEngine engine, Document document) => await Eventually.BecomesAsync(
        () => engine.Documents.GetAsync(document.Collection, document.Id, CancellationToken.None),
        static current => current.Status is DocumentStatus.Ready or DocumentStatus.Failed);
}
