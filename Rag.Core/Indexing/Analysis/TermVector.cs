using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Rag.Core.Chunking;

namespace Rag.Core.Indexing.Analysis;

/// <summary>
/// A chunk's terms as they are stored: ascending by hash, each as 8 bytes little-endian followed by its frequency in 7-bit groups,
/// low group first. Empty for a chunk without terms.
/// </summary>
public static class TermVector
{
    /// <summary>
    /// Analyses everything a chunk is found by: the document's title, the headings the chunk stands under, and its text.
    /// A heading that only repeats the title counts once.
    /// </summary>
    public static PackedTerms OfChunk(IAnalyzer analyzer, string? title, Chunk chunk)
    {
        ArgumentNullException.ThrowIfNull(chunk);
        return OfPassage(analyzer, title, chunk.Headings, chunk.Text);
    }

    /// <summary>As <see cref="OfChunk"/>, from its parts.</summary>
    public static PackedTerms OfPassage(IAnalyzer analyzer, string? title, IReadOnlyList<string> headings, string text)
    {
        ArgumentNullException.ThrowIfNull(analyzer);
        ArgumentNullException.ThrowIfNull(headings);
        var terms = new List<AnalyzedTerm>(text.Length / 6);
        if (!string.IsNullOrEmpty(title))
        {
            analyzer.Analyze(title, terms);
        }

        foreach (var heading in headings)
        {
            if (!string.Equals(heading, title, StringComparison.OrdinalIgnoreCase))
            {
                analyzer.Analyze(heading, terms);
            }
        }

        analyzer.Analyze(text, terms);
        return Pack(terms);
    }

    /// <summary>Packs terms in any order, repeated ones counted.</summary>
    public static PackedTerms Pack(IReadOnlyCollection<AnalyzedTerm> terms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        var hashes = new long[terms.Count];
        var count = 0;
        foreach (var term in terms)
        {
            hashes[count++] = term.Hash;
        }

        Array.Sort(hashes);
        var buffer = new byte[count * 13];
        var length = 0;
        for (var i = 0; i < count;)
        {
            var next = i + 1;
            while (next < count && hashes[next] == hashes[i])
            {
                next++;
            }

            BinaryPrimitives.WriteInt64LittleEndian(buffer.AsSpan(length), hashes[i]);
            length += sizeof(long);
            length += VariableLength.Write(buffer.AsSpan(length), (uint)(next - i));
            i = next;
        }

        return new PackedTerms(buffer[..length], count);
    }

    /// <summary>Appends what <see cref="Pack"/> packed, ascending by hash.</summary>
    /// <exception cref="RagException"><c>index-corrupt</c>: the bytes are not packed terms.</exception>
    public static void Unpack(ReadOnlySpan<byte> packed, ICollection<TermFrequency> terms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        while (!packed.IsEmpty)
        {
            if (packed.Length <= sizeof(long) || !VariableLength.TryRead(packed[sizeof(long)..], out var frequency, out var width))
            {
                throw new RagException("index-corrupt", "The stored terms of a chunk cannot be read. Reprocess its document.");
            }

            terms.Add(new TermFrequency(BinaryPrimitives.ReadInt64LittleEndian(packed), (int)frequency));
            packed = packed[(sizeof(long) + width)..];
        }
    }

    /// <summary>As <see cref="Unpack(ReadOnlySpan{byte}, ICollection{TermFrequency})"/>, into a new list.</summary>
    public static IReadOnlyList<TermFrequency> Unpack(ReadOnlySpan<byte> packed)
    {
        var terms = new List<TermFrequency>(packed.Length / 9);
        Unpack(packed, terms);
        return terms;
    }
}

/// <summary>What a chunk's row holds.</summary>
/// <param name="Bytes">For column <c>terms</c>.</param>
/// <param name="Count">For column <c>term_count</c>: the sum of the frequencies.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PackedTerms(byte[] Bytes, int Count);
