namespace Rag.Core.Indexing.Analysis;

/// <summary>
/// 64-bit hash of a term that is stored with every chunk, so it may never change: FNV-1a over UTF-16 code units with the constants
/// of its authors, then a finishing mix, because FNV alone leaves the high bits of short words poorly spread.
/// </summary>
internal static class StableHash
{
    private const ulong OffsetBasis = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    public static long Of(ReadOnlySpan<char> term)
    {
        var hash = OffsetBasis;
        foreach (var c in term)
        {
            hash = (hash ^ (byte)c) * Prime;
            hash = (hash ^ (byte)(c >> 8)) * Prime;
        }

        return (long)Mix(hash);
    }

    /// <summary>A bijection that spreads every input bit over all output bits (the finishing step of MurmurHash3).</summary>
    public static ulong Mix(ulong value)
    {
        value ^= value >> 33;
        value *= 0xff51afd7ed558ccd;
        value ^= value >> 33;
        value *= 0xc4ceb9fe1a85ec53;
        return value ^ (value >> 33);
    }
}
