using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Rag.Core.Documents;
using Rag.Core.Indexing.Analysis;

namespace Rag.Core.Indexing.Embedded;

/// <summary>Collects documents and makes a segment of them. Not thread-safe; used once.</summary>
internal sealed class SegmentBuilder(int dimensions)
{
    private readonly List<Guid> _documentIds = [];
    private readonly List<long> _generations = [];
    private readonly List<string> _analyzers = [];
    private readonly List<int> _withoutVector = [];
    private readonly List<int> _firstChunks = [];
    private readonly List<byte[]?> _metadata = [];
    private readonly List<int> _documentOf = [];
    private readonly List<int> _lengths = [];
    private readonly List<Entry> _entries = [];
    private readonly Dictionary<long, Chain> _terms = [];
    private readonly List<TermFrequency> _unpacked = [];
    private float[] _vectors = [];
    private bool _hasVectors;

    /// <summary>Postings collected so far, for whoever bounds a segment's size.</summary>
    public int Postings => _entries.Count;

    public int Documents => _documentIds.Count;

    /// <summary>Chunks collected so far.</summary>
    public int Chunks => _lengths.Count;

    /// <summary>Begins a document; its chunks follow in the order of their ordinals from 0.</summary>
    /// <param name="document">Its id.</param>
    /// <param name="generation">The active one.</param>
    /// <param name="analyzer">Version of what made its terms.</param>
    /// <param name="metadata">UTF-8 JSON.</param>
    public void BeginDocument(DocumentId document, long generation, string analyzer, ReadOnlySpan<byte> metadata)
    {
        _documentIds.Add(document.Value);
        _generations.Add(generation);
        _analyzers.Add(analyzer);
        _withoutVector.Add(0);
        _firstChunks.Add(_lengths.Count);
        _metadata.Add(metadata.Length <= 2 ? null : metadata.ToArray());
    }

    /// <summary>Adds the next chunk of the document begun last.</summary>
    /// <param name="terms">As packed by <see cref="TermVector"/>.</param>
    /// <param name="termCount">Sum of the frequencies.</param>
    /// <param name="vector">float32 little-endian; empty for none.</param>
    public void AddChunk(ReadOnlySpan<byte> terms, int termCount, ReadOnlySpan<byte> vector)
    {
        var chunk = _lengths.Count;
        _documentOf.Add(_documentIds.Count - 1);
        _lengths.Add(termCount);
        _unpacked.Clear();
        TermVector.Unpack(terms, _unpacked);
        foreach (var (hash, frequency) in _unpacked)
        {
            ref var chain = ref CollectionsMarshal.GetValueRefOrAddDefault(_terms, hash, out var exists);
            var index = _entries.Count;
            _entries.Add(new Entry(chunk, frequency, -1));
            if (exists)
            {
                CollectionsMarshal.AsSpan(_entries)[chain.Tail].Next = index;
                chain = new Chain(chain.Head, index, chain.Count + 1);
            }
            else
            {
                chain = new Chain(index, index, 1);
            }
        }

        AddVector(chunk, vector);
    }

    public Segment Build()
    {
        var hashes = new long[_terms.Count];
        _terms.Keys.CopyTo(hashes, 0);
        Array.Sort(hashes);
        var offsets = new int[hashes.Length + 1];
        var postings = new PostingsWriter();
        var entries = CollectionsMarshal.AsSpan(_entries);
        for (var i = 0; i < hashes.Length; i++)
        {
            var chain = _terms[hashes[i]];
            postings.BeginTerm(chain.Count);
            for (var e = chain.Head; e >= 0; e = entries[e].Next)
            {
                postings.Add(entries[e].Chunk, entries[e].Frequency);
            }

            offsets[i + 1] = postings.Length;
        }

        if (_hasVectors)
        {
            Array.Resize(ref _vectors, checked(_lengths.Count * dimensions));
        }

        return new Segment
        {
            DocumentIds = [.. _documentIds],
            Generations = [.. _generations],
            Analyzers = [.. _analyzers],
            WithoutVector = [.. _withoutVector],
            FirstChunks = [.. _firstChunks, _lengths.Count],
            Metadata = [.. _metadata],
            DocumentOf = [.. _documentOf],
            Lengths = [.. _lengths],
            TermHashes = hashes,
            TermOffsets = offsets,
            Postings = postings.ToArray(),
            Vectors = _hasVectors ? _vectors : null,
            Dimensions = dimensions,
        };
    }

    private void AddVector(int chunk, ReadOnlySpan<byte> vector)
    {
        // A vector of another length belongs to no space that this process searches.
        if (dimensions == 0 || vector.Length != dimensions * sizeof(float))
        {
            _withoutVector[^1]++;
            return;
        }

        _hasVectors = true;
        var start = checked(chunk * dimensions);
        if (_vectors.Length < start + dimensions)
        {
            Array.Resize(ref _vectors, (int)Math.Max(start + dimensions, Math.Min(Array.MaxLength, _vectors.Length * 2L)));
        }

        for (var i = 0; i < dimensions; i++)
        {
            _vectors[start + i] = BinaryPrimitives.ReadSingleLittleEndian(vector[(i * sizeof(float))..]);
        }
    }

    [StructLayout(LayoutKind.Auto)]
    private record struct Entry(int Chunk, int Frequency, int Next);

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Chain(int Head, int Tail, int Count);
}
