using System.Buffers.Binary;
using Rag.Core.Documents;
using Rag.Core.Indexing.Analysis;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>What is known of one document once its points are written.</summary>
/// <param name="document">The document.</param>
/// <param name="generation">Null: it has none, or is gone.</param>
internal sealed class ProjectedDocument(DocumentId document, long? generation)
{
    public DocumentId Document { get; } = document;

    public long? Generation { get; } = generation;

    /// <summary>It is gone for good, and with it all of its points.</summary>
    public bool IsGone { get; init; }

    /// <summary>Version of what made its terms.</summary>
    public string Analyzer { get; init; } = "";

    /// <summary>Digest of its metadata, which each of its points has too.</summary>
    public Guid? Metadata { get; init; }

    /// <summary>Why the index cannot hold it.</summary>
    public string? Problem { get; init; }

    public int Chunks { get; private set; }

    public int Vectors { get; private set; }

    public long TotalLength { get; private set; }

    /// <summary>How many chunks hold each term.</summary>
    public Dictionary<long, int> Holders { get; } = [];

    public void Add(IReadOnlyList<TermFrequency> terms, int length, bool hasVector)
    {
        Chunks++;
        Vectors += hasVector ? 1 : 0;
        TotalLength += length;
        foreach (var term in terms)
        {
            Holders[term.Hash] = Holders.GetValueOrDefault(term.Hash) + 1;
        }
    }

    public byte[] PackedHolders()
    {
        var bytes = new byte[Holders.Count * (sizeof(long) + VariableLength.MaxBytes)];
        var length = 0;
        foreach (var (term, chunks) in Holders.OrderBy(static h => h.Key))
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(length), term);
            length += sizeof(long);
            length += VariableLength.Write(bytes.AsSpan(length), (uint)chunks);
        }

        return bytes[..length];
    }
}

/// <summary>Documents of one collection whose points are written, on their way into the books.</summary>
/// <param name="Version">Where.</param>
/// <param name="Collection">Whose.</param>
/// <param name="Documents">Each as it is now.</param>
/// <param name="Weights">See <see cref="ProjectedCollection"/>.</param>
/// <param name="Watermark">The change that the index is current to with them; null: unchanged.</param>
internal sealed record ProjectionBatch(IndexVersion Version, CollectionId Collection, IReadOnlyList<ProjectedDocument> Documents, int Weights, long? Watermark)
{
    /// <summary>Nothing from before the watermark is missing any more.</summary>
    public bool CompletesLoad { get; init; }

    /// <summary>Nothing was missing before either.</summary>
    public bool IsLoaded { get; init; }
}
