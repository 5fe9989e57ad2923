using System.Collections.Concurrent;
using System.Text.Json;
using Rag.Core.Retrieval;

namespace Rag.Core.Indexing.Embedded;

/// <summary>
/// Some documents of a collection with their chunks, terms and vectors. Never changes; what is deleted later is marked in the
/// snapshot. A document's chunks lie next to each other in the order of their ordinals, so that neither ids nor ordinals are stored.
/// </summary>
internal sealed class Segment
{
    // A few filters are asked again and again; what is asked once is dropped with the rest.
    private const int CachedFilters = 32;

    private readonly ConcurrentDictionary<MetadataFilterKey, Bits> _filters = new();

    /// <summary>Of each document.</summary>
    public required Guid[] DocumentIds { get; init; }

    /// <summary>Of each document.</summary>
    public required long[] Generations { get; init; }

    /// <summary>Of each document: the version of the analyzer that made its terms.</summary>
    public required string[] Analyzers { get; init; }

    /// <summary>Of each document: how many of its chunks have no vector of the space that is searched.</summary>
    public required int[] WithoutVector { get; init; }

    /// <summary>Of each document, and one more: where its chunks begin.</summary>
    public required int[] FirstChunks { get; init; }

    /// <summary>Of each document: its metadata as UTF-8 JSON, null for none.</summary>
    public required byte[]?[] Metadata { get; init; }

    /// <summary>Of each chunk.</summary>
    public required int[] DocumentOf { get; init; }

    /// <summary>Of each chunk: the sum of its terms' frequencies.</summary>
    public required int[] Lengths { get; init; }

    /// <summary>Ascending.</summary>
    public required long[] TermHashes { get; init; }

    /// <summary>Of each term, and one more: where its postings begin.</summary>
    public required int[] TermOffsets { get; init; }

    /// <summary>See <see cref="PostingsReader"/>.</summary>
    public required byte[] Postings { get; init; }

    /// <summary>One row of <see cref="Dimensions"/> per chunk, zero where a chunk has none; null when no chunk has one.</summary>
    public float[]? Vectors { get; init; }

    public required int Dimensions { get; init; }

    public int Documents => DocumentIds.Length;

    public int Chunks => Lengths.Length;

    /// <summary>Memory held, without the few bytes of each object's header.</summary>
    public long Bytes => (DocumentIds.Length * (16L + 8 + 8 + 4 + 4 + 8)) + (Lengths.Length * 8L) + (TermHashes.Length * 12L) + Postings.Length
        + ((Vectors?.Length ?? 0) * 4L) + Metadata.Sum(static m => m?.Length ?? 0L);

    /// <summary>The postings of a term; empty when it does not occur.</summary>
    public PostingsReader PostingsOf(long hash)
    {
        var index = Array.BinarySearch(TermHashes, hash);
        return index < 0 ? default : PostingsAt(index);
    }

    /// <summary>The postings of the term at a place of <see cref="TermHashes"/>.</summary>
    public PostingsReader PostingsAt(int term) => new(Postings.AsSpan(TermOffsets[term], TermOffsets[term + 1] - TermOffsets[term]));

    /// <summary>The documents that a filter lets through.</summary>
    public Bits Matching(MetadataFilter filter, MetadataFilterKey key)
    {
        if (_filters.TryGetValue(key, out var known))
        {
            return known;
        }

        var matching = new Bits(Documents);
        using var none = JsonDocument.Parse("{}");
        for (var i = 0; i < Metadata.Length; i++)
        {
            if (Metadata[i] is not { } json)
            {
                if (FilterEvaluation.Matches(filter, none.RootElement))
                {
                    matching.Set(i);
                }

                continue;
            }

            using var parsed = JsonDocument.Parse(json);
            if (FilterEvaluation.Matches(filter, parsed.RootElement))
            {
                matching.Set(i);
            }
        }

        if (_filters.Count >= CachedFilters)
        {
            _filters.Clear();
        }

        _filters[key] = matching;
        return matching;
    }
}

/// <summary>
/// Reads the postings of one term: first how many there are, then per chunk, ascending, the distance to the one before shifted left by
/// one with a set lowest bit for frequency 1, else followed by the frequency.
/// </summary>
internal ref struct PostingsReader
{
    private readonly ReadOnlySpan<byte> _bytes;
    private int _position;
    private int _left;

    public PostingsReader(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        Count = (int)VariableLength.Read(bytes, ref _position);
        _left = Count;
        Chunk = -1;
    }

    /// <summary>Postings in all.</summary>
    public int Count { get; }

    public int Chunk { get; private set; }

    public int Frequency { get; private set; }

    public bool MoveNext()
    {
        if (_left == 0)
        {
            return false;
        }

        _left--;
        var code = VariableLength.Read(_bytes, ref _position);
        Chunk += (int)(code >> 1);
        Frequency = (code & 1) != 0 ? 1 : (int)VariableLength.Read(_bytes, ref _position);
        return true;
    }
}

/// <summary>Writes what <see cref="PostingsReader"/> reads, term after term, each term's chunks ascending.</summary>
internal sealed class PostingsWriter
{
    private byte[] _bytes = new byte[1024];
    private int _last;

    public int Length { get; private set; }

    public void BeginTerm(int count)
    {
        Write((uint)count);
        _last = -1;
    }

    public void Add(int chunk, int frequency)
    {
        var distance = (uint)(chunk - _last) << 1;
        _last = chunk;
        if (frequency == 1)
        {
            Write(distance | 1);
            return;
        }

        Write(distance);
        Write((uint)frequency);
    }

    public byte[] ToArray() => _bytes[..Length];

    private void Write(uint value)
    {
        if (_bytes.Length - Length < VariableLength.MaxBytes)
        {
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, _bytes.Length * 2L));
        }

        Length += VariableLength.Write(_bytes.AsSpan(Length), value);
    }
}
