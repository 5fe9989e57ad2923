using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using Rag.Core.Documents;
using Rag.Core.Indexing.Analysis;
using Rag.Core.Storage;

namespace Rag.Core.Retrieval;

/// <summary>
/// Checks candidates against the database and reads what is shown of them: only chunks of the generation that is active now, in
/// documents that meet the filter now, come back.
/// </summary>
internal sealed class EvidenceReader(Database database)
{
    /// <summary>One round trip for all candidates.</summary>
    /// <returns>The survivors in their order, and the last change of the collection (0 when it is gone).</returns>
    public Task<(List<VerifiedChunk> Chunks, long Head)> ReadAsync(
        CollectionId collection, IReadOnlyList<Candidate> candidates, MetadataFilter? filter, IAnalyzer analyzer, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (connection, token) =>
            {
                await using var batch = new NpgsqlBatch(connection);
                batch.Then(
                    """
                    -- The chunks first, by their key, whatever the planner thinks: joined in one step it starts from the documents and reads
                    -- every chunk of the collection: it has no statistics yet after a load, and takes id and generation for unrelated.
                    with candidates as materialized (
                        select id, document_id, generation, start_offset, end_offset, text, headings, page from chunks where id = any($2))
                    select array_position($2, c.id) as place, c.start_offset, c.end_offset, c.text, c.headings, c.page,
                           d.name, coalesce(d.title, g.title), d.source_id, d.metadata::text, g.analyzer
                    from candidates c
                    join documents d on d.id = c.document_id and d.active_generation = c.generation and d.collection_id = $1
                    join generations g on g.document_id = c.document_id and g.generation = c.generation
                    order by place
                    """,
                    collection.Value,
                    candidates.Select(static c => c.Hit.Chunk.Value).ToArray());
                // After the chunks: the two statements see two moments, and a change between them must look like one not yet seen.
                batch.Then("select change_seq from collection_sequences where collection_id = $1", collection.Value);
                await using var reader = await batch.ExecuteReaderAsync(token);
                var chunks = new List<VerifiedChunk>(candidates.Count);
                while (await reader.ReadAsync(token))
                {
                    var metadata = reader.GetString(9);
                    if (filter is not null && !Meets(filter, metadata))
                    {
                        continue;
                    }

                    var text = reader.GetString(3);
                    // By what made its terms, which a document that waits to be processed again may have of its own.
                    var version = reader.GetString(10);
                    var own = version == analyzer.Version ? analyzer : Analyzers.Find(version) ?? analyzer;
                    chunks.Add(new VerifiedChunk(candidates[reader.GetInt32(0) - 1])
                    {
                        Start = reader.GetInt32(1),
                        End = reader.GetInt32(2),
                        Text = text,
                        Terms = new Lazy<IReadOnlyList<AnalyzedTerm>>(() => own.TermsOf(text)),
                        Headings = reader.GetFieldValue<string[]>(4),
                        Page = reader.NullableValue<int>(5),
                        DocumentName = reader.GetString(6),
                        Title = reader.Nullable<string>(7),
                        SourceId = reader.GetString(8),
                        MetadataJson = metadata,
                    });
                }

                await reader.NextResultAsync(token);
                return (chunks, await reader.ReadAsync(token) ? reader.GetInt64(0) : 0);
            },
            cancellationToken);

    private static bool Meets(MetadataFilter filter, string metadata)
    {
        using var parsed = JsonDocument.Parse(metadata);
        return FilterEvaluation.Matches(filter, parsed.RootElement);
    }
}

/// <summary>A candidate that the database has confirmed, with what is shown of it.</summary>
internal sealed record VerifiedChunk(Candidate Candidate)
{
    public required int Start { get; init; }

    public required int End { get; init; }

    public required string Text { get; init; }

    public required IReadOnlyList<string> Headings { get; init; }

    public int? Page { get; init; }

    public required string DocumentName { get; init; }

    public string? Title { get; init; }

    public required string SourceId { get; init; }

    public required string MetadataJson { get; init; }

    /// <summary>The terms of <see cref="Text"/>; every stage after the check reads them, so they are made once.</summary>
    public required Lazy<IReadOnlyList<AnalyzedTerm>> Terms { get; init; }

    /// <summary>The reranker's score; null when it did not see this chunk.</summary>
    public double? Rerank { get; init; }

    public Evidence ToEvidence(int number, IReadOnlyList<TextSpan> highlights) => new()
    {
        Number = number,
        Chunk = Candidate.Hit.Chunk,
        Document = Candidate.Hit.Document,
        Generation = Candidate.Hit.Generation,
        Ordinal = Candidate.Hit.Ordinal,
        DocumentName = DocumentName,
        Title = Title,
        SourceId = SourceId,
        Start = Start,
        End = End,
        Text = Text,
        Headings = Headings,
        Page = Page,
        Metadata = JsonNode.Parse(MetadataJson) as JsonObject ?? [],
        Score = Rerank ?? Candidate.Score,
        Scores = new EvidenceScores(Candidate.Lexical, Candidate.Dense, Candidate.Fused, Rerank),
        Highlights = highlights,
    };
}
