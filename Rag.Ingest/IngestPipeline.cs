using Microsoft.Extensions.Options;
using Npgsql;
using Rag.Core;
using Rag.Core.Blobs;
using Rag.Core.Chunking;
using Rag.Core.Documents;
using Rag.Core.Embedding;
using Rag.Core.Extraction;
using Rag.Core.Indexing.Analysis;
using Rag.Core.Jobs;
using Rag.Core.Retrieval;
using Rag.Core.Storage;

namespace Rag.Ingest;

/// <summary>
/// One document from original to searchable: extract, chunk, analyse, embed, store, activate. Chunks go slice by slice, so that memory
/// is bounded by the document's text and one slice; a document of one slice, which most are, is written in a single transaction.
/// </summary>
internal sealed class IngestPipeline(
    Database database,
    IBlobStore blobs,
    IDocumentExtractor extractor,
    IngestTelemetry telemetry,
    IOptions<StorageOptions> storage,
    IOptions<IndexOptions> index,
    IEmbedder? embedder = null)
    : IDisposable
{
    private const int SliceSize = 512;
    private const int EmbeddingBatch = 64;

    // Storing holds a connection for long. The other half of the pool is for claims, renewals and sweeping, which hold one for a moment.
    private readonly SemaphoreSlim _storing = new(Math.Max(1, storage.Value.MaxPoolSize / 2));

    /// <summary>Processes a claimed job to its end.</summary>
    /// <param name="job">Claimed by this process.</param>
    /// <param name="lease">Keeps it.</param>
    /// <param name="slot">Disposed when only the database is waited for any more, so that the next document can begin.</param>
    /// <exception cref="LeaseLostException">The job is somebody else's, or its document is gone.</exception>
    /// <exception cref="RagException">It failed; whose fault it is, <see cref="FailureClassifier"/> tells.</exception>
    public async Task RunAsync(ClaimedJob job, JobLease lease, IDisposable slot)
    {
        var cancellationToken = lease.Token;
        var content = await ExtractAsync(job, lease, cancellationToken);
        IReadOnlyList<Chunk> chunks;
        using (telemetry.StartStage("chunk"))
        {
            lease.Show("chunk", 35);
            chunks = Chunker.Chunk(content, job.Settings.Chunking);
        }

        cancellationToken.ThrowIfCancellationRequested();
        var analyzer = Analyzers.ForLanguage(job.Settings.Language);
        var generation = new GenerationText(job.Collection, job.Document, job.Generation, job.Sha256, content, analyzer.Version);
        var title = job.GivenTitle ?? content.Title;
        var completed = new CompletedGeneration(chunks.Count, content.Pages, content.MediaType, content.Title, content.Warnings)
        {
            AwaitsIndex = index.Value.Provider == IndexProvider.Qdrant,
        };

        // A document without chunks is written too: it is ready, and simply never found.
        var start = 0;
        do
        {
            var slice = new Slice(chunks, start, Math.Min(SliceSize, chunks.Count - start));
            var prepared = await PrepareAsync(slice, analyzer, title, lease, cancellationToken);
            if (slice.IsLast)
            {
                slot.Dispose();
            }

            await StoreAsync(job, generation, prepared, slice, completed, lease, cancellationToken);
            start += SliceSize;
        }
        while (start < chunks.Count);
    }

    public void Dispose() => _storing.Dispose();

    private async Task<ExtractedDocument> ExtractAsync(ClaimedJob job, JobLease lease, CancellationToken cancellationToken)
    {
        using var stage = telemetry.StartStage("extract");
        lease.Show("extract", 5);
        if (job.SizeBytes == 0)
        {
            // Accepted because its sender named it; there is nothing to recognise in it.
            return new ExtractedDocument { Text = "", Blocks = [], Extractor = "empty-1", MediaType = job.MediaType ?? "text/plain" };
        }

        var request = new ExtractionRequest(
            job.Name,
            job.MediaType,
            async token => new VerifiedOriginal(await blobs.OpenAsync(job.Collection, job.Sha256, token) ?? throw OriginalFault.Missing(), job.Sha256));
        return await extractor.ExtractAsync(request, cancellationToken);
    }

    private async Task<List<ChunkToWrite>> PrepareAsync(
        Slice slice, IAnalyzer analyzer, string? title, JobLease lease, CancellationToken cancellationToken)
    {
        var prepared = new List<ChunkToWrite>(slice.Count);
        using (telemetry.StartStage("analyze"))
        {
            lease.Show("analyze", slice.Progress(0));
            foreach (var chunk in slice.Chunks)
            {
                cancellationToken.ThrowIfCancellationRequested();
                prepared.Add(new ChunkToWrite(chunk, TermVector.OfChunk(analyzer, title, chunk), Vector: null));
            }
        }

        if (embedder is null)
        {
            return prepared;
        }

        using (telemetry.StartStage("embed"))
        {
            for (var done = 0; done < prepared.Count; done += EmbeddingBatch)
            {
                lease.Show("embed", slice.Progress(done));
                var batch = prepared.GetRange(done, Math.Min(EmbeddingBatch, prepared.Count - done));
                var vectors = await embedder.EmbedPassagesAsync(batch.ConvertAll(item => PassageText.Of(title, item.Chunk)), cancellationToken);
                if (vectors.Count != batch.Count)
                {
                    throw new RagException("model-failed", $"The embedding model returned {vectors.Count} vectors for {batch.Count} passages. Check Rag:Embedding.");
                }

                for (var i = 0; i < batch.Count; i++)
                {
                    prepared[done + i] = batch[i] with { Vector = vectors[i] };
                }
            }
        }

        return prepared;
    }

    private async Task StoreAsync(
        ClaimedJob job,
        GenerationText generation,
        List<ChunkToWrite> prepared,
        Slice slice,
        CompletedGeneration completed,
        JobLease lease,
        CancellationToken cancellationToken)
    {
        using var stage = telemetry.StartStage("store");
        lease.Show("store", slice.Progress(slice.Count));
        await _storing.WaitAsync(cancellationToken);
        try
        {
            await database.TransactionAsync(
                async (connection, token) =>
                {
                    if (slice.IsFirst)
                    {
                        await GenerationWriter.WriteTextAsync(connection, generation, token);
                    }

                    int? space = embedder is null ? null : await GenerationWriter.SpaceIdAsync(connection, embedder.Space, token);
                    await GenerationWriter.WriteChunksAsync(connection, generation, prepared, space, token);
                    if (!slice.IsLast)
                    {
                        return true;
                    }

                    lease.BeginCompletion();
                    // What an earlier slice wrote stays unseen when this throws, and is swept.
                    return await JobQueue.CompleteAsync(connection, job, completed, token) ? true : throw new LeaseLostException();
                },
                cancellationToken);
        }
        catch (StorageException e) when (e.InnerException is PostgresException
            { SqlState: PostgresErrorCodes.ForeignKeyViolation or PostgresErrorCodes.UniqueViolation })
        {
            // The document is gone, or its generation was swept because the lease was lost long ago; or, after a crash of the server,
            // another worker has the same job under the same number and was faster.
            throw new LeaseLostException();
        }
        finally
        {
            _storing.Release();
        }
    }

    private readonly record struct Slice(IReadOnlyList<Chunk> All, int Start, int Count)
    {
        public bool IsFirst => Start == 0;

        public bool IsLast => Start + Count == All.Count;

        public IEnumerable<Chunk> Chunks => All.Skip(Start).Take(Count);

        // Extraction and chunking count for the first 40 of 100.
        public int Progress(int done) => All.Count == 0 ? 95 : 40 + (int)(55L * (Start + done) / All.Count);
    }
}

/// <summary>The job is not this worker's any more: superseded, deleted with its document, or claimed by another after the lease ran out.</summary>
internal sealed class LeaseLostException() : RagException("lease-lost", "The job is not this worker's any more.");
