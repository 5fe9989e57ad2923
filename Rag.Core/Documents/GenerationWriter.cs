using System.Runtime.InteropServices;
using Npgsql;
using NpgsqlTypes;
using Rag.Core.Chunking;
using Rag.Core.Embedding;
using Rag.Core.Extraction;
using Rag.Core.Indexing.Analysis;
using Rag.Core.Storage;

namespace Rag.Core.Documents;

/// <summary>
/// Writes one generation of a document: its text, then its chunks slice by slice, by binary COPY. Nothing of it is searched until the
/// document is made to point at it. Works within the caller's transaction, or without one.
/// </summary>
public static class GenerationWriter
{
    /// <summary>The row that chunks hang on.</summary>
    public static async Task WriteTextAsync(NpgsqlConnection connection, GenerationText generation, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(generation);
        await connection.Sql(
                """
                insert into generations (document_id, generation, collection_id, sha256, text, title, media_type, page_count, extractor, chunker, analyzer, tokens)
                values ($1, $2, $3, $4, $5, $6::text, $7, $8::int, $9, $10, $11, $12)
                """,
                generation.Document.Value,
                generation.Generation,
                generation.Collection.Value,
                generation.Sha256,
                generation.Content.Text,
                generation.Content.Title is { } title ? StorableText.Clean(title) : null,
                generation.Content.MediaType,
                generation.Content.Pages,
                generation.Content.Extractor,
                Chunker.Version,
                generation.Analyzer,
                TokenEstimate.Version)
            .RunAsync(cancellationToken);
    }

    /// <summary>Adds chunks, and their vectors where there are any.</summary>
    /// <param name="connection">Open; no other command may run on it meanwhile.</param>
    /// <param name="generation">Written before.</param>
    /// <param name="chunks">All with a vector, or none.</param>
    /// <param name="space">From <see cref="SpaceIdAsync"/>; null when there are no vectors.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task WriteChunksAsync(
        NpgsqlConnection connection, GenerationText generation, IReadOnlyList<ChunkToWrite> chunks, int? space, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(generation);
        ArgumentNullException.ThrowIfNull(chunks);
        if (chunks.Count == 0)
        {
            return;
        }

        await using (var copy = await connection.BeginBinaryImportAsync(
            """
            copy chunks (id, collection_id, document_id, generation, ordinal, start_offset, end_offset, text, headings, page, kind, token_count, terms, term_count)
            from stdin (format binary)
            """,
            cancellationToken))
        {
            foreach (var (chunk, terms, _) in chunks)
            {
                await copy.StartRowAsync(cancellationToken);
                await copy.WriteAsync(ChunkId.For(generation.Document, generation.Generation, chunk.Ordinal).Value, NpgsqlDbType.Uuid, cancellationToken);
                await copy.WriteAsync(generation.Collection.Value, NpgsqlDbType.Uuid, cancellationToken);
                await copy.WriteAsync(generation.Document.Value, NpgsqlDbType.Uuid, cancellationToken);
                await copy.WriteAsync(generation.Generation, NpgsqlDbType.Bigint, cancellationToken);
                await copy.WriteAsync(chunk.Ordinal, NpgsqlDbType.Integer, cancellationToken);
                await copy.WriteAsync(chunk.Start, NpgsqlDbType.Integer, cancellationToken);
                await copy.WriteAsync(chunk.End, NpgsqlDbType.Integer, cancellationToken);
                await copy.WriteAsync(chunk.Text, NpgsqlDbType.Text, cancellationToken);
                await copy.WriteAsync(chunk.Headings.Select(StorableText.Clean).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text, cancellationToken);
                if (chunk.Page is { } page)
                {
                    await copy.WriteAsync(page, NpgsqlDbType.Integer, cancellationToken);
                }
                else
                {
                    await copy.WriteNullAsync(cancellationToken);
                }

                await copy.WriteAsync(KindName(chunk.Kind), NpgsqlDbType.Text, cancellationToken);
                await copy.WriteAsync(chunk.Tokens, NpgsqlDbType.Integer, cancellationToken);
                await copy.WriteAsync(terms.Bytes, NpgsqlDbType.Bytea, cancellationToken);
                await copy.WriteAsync(terms.Count, NpgsqlDbType.Integer, cancellationToken);
            }

            await copy.CompleteAsync(cancellationToken);
        }

        if (space is { } spaceId)
        {
            await WriteVectorsAsync(connection, generation, chunks, spaceId, cancellationToken);
        }
    }

    /// <summary>The number of an embedding space, given to it when it is first used.</summary>
    public static async Task<int> SpaceIdAsync(NpgsqlConnection connection, EmbeddingSpace space, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(space);
        object?[] values = [space.Provider, space.Model, space.Revision, space.Dimensions, space.Normalised, space.PassagePrefix, space.QueryPrefix];
        const string Find =
            """
            select id from embedding_spaces
            where provider = $1 and model = $2 and revision = $3 and dimensions = $4 and normalised = $5 and document_prefix = $6 and query_prefix = $7
            """;
        var id = await connection.Sql(Find, values).ScalarAsync<int>(cancellationToken);
        if (id == 0)
        {
            await connection.Sql(
                    """
                    insert into embedding_spaces (provider, model, revision, dimensions, normalised, document_prefix, query_prefix)
                    values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing
                    """,
                    values)
                .RunAsync(cancellationToken);
            id = await connection.Sql(Find, values).ScalarAsync<int>(cancellationToken);
        }

        return id;
    }

    private static async Task WriteVectorsAsync(
        NpgsqlConnection connection, GenerationText generation, IReadOnlyList<ChunkToWrite> chunks, int space, CancellationToken cancellationToken)
    {
        await using var copy = await connection.BeginBinaryImportAsync("copy chunk_embeddings (chunk_id, space_id, vector) from stdin (format binary)", cancellationToken);
        foreach (var (chunk, _, vector) in chunks)
        {
            ArgumentNullException.ThrowIfNull(vector, nameof(chunks));
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(ChunkId.For(generation.Document, generation.Generation, chunk.Ordinal).Value, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(space, NpgsqlDbType.Integer, cancellationToken);
            await copy.WriteAsync(LittleEndian(vector), NpgsqlDbType.Bytea, cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private static byte[] LittleEndian(float[] vector)
    {
        if (BitConverter.IsLittleEndian)
        {
            return MemoryMarshal.AsBytes<float>(vector).ToArray();
        }

        var bytes = new byte[vector.Length * sizeof(float)];
        for (var i = 0; i < vector.Length; i++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), vector[i]);
        }

        return bytes;
    }

    // As the API shows it.
    private static string KindName(BlockKind kind) => kind switch
    {
        BlockKind.Paragraph => "paragraph",
        BlockKind.Heading => "heading",
        BlockKind.ListItem => "listItem",
        BlockKind.Table => "table",
        BlockKind.Code => "code",
        BlockKind.Quote => "quote",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };
}

/// <summary>One generation's text and where it belongs.</summary>
/// <param name="Collection">The document's collection.</param>
/// <param name="Document">The document.</param>
/// <param name="Generation">From the claim.</param>
/// <param name="Sha256">Of the original it was extracted from.</param>
/// <param name="Content">What the extractor made of it.</param>
/// <param name="Analyzer">Version of what made the chunks' terms.</param>
public sealed record GenerationText(
    CollectionId Collection, DocumentId Document, long Generation, ReadOnlyMemory<byte> Sha256, ExtractedDocument Content, string Analyzer);

/// <summary>One chunk, analysed and, where an embedder is configured, embedded.</summary>
public sealed record ChunkToWrite(Chunk Chunk, PackedTerms Terms, float[]? Vector);
