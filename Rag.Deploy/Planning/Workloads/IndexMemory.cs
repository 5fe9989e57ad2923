using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Workloads;

/// <summary>What an index in a process's memory takes, beside what the process needs without it.</summary>
internal static class IndexMemory
{
    // docs/performance.md, "Scale": about 200 bytes for a chunk's terms and 4 for each dimension of its vector, 1.2 KB at 256 dimensions. The
    // process grows by up to twice as much while it loads (2,235 bytes at half a million chunks); a request has to hold that too.
    private const int TermBytes = 200;
    private const int DimensionBytes = 4;
    private const int WhileLoading = 2;

    /// <summary>Bytes for so many chunks.</summary>
    public static long Bytes(EmbeddedIndexValues index) => (long)index.Chunks * WhileLoading * (TermBytes + (DimensionBytes * index.Dimensions));

    /// <summary>Resources with it: request and limit grow by the same, so that what lies between them stays.</summary>
    public static ResourceValues Add(ResourceValues resources, EmbeddedIndexValues? index)
    {
        return index is null ? resources : new() { Requests = More(resources.Requests), Limits = More(resources.Limits) };

        AmountValues More(AmountValues amounts) => amounts.Memory is { } memory ? amounts with { Memory = Quantities.Text(Quantities.Bytes(memory) + Bytes(index)) } : amounts;
    }
}
