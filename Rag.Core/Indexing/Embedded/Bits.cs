using System.Numerics;

namespace Rag.Core.Indexing.Embedded;

/// <summary>A set of small numbers, one bit each.</summary>
internal sealed class Bits(int length)
{
    private readonly ulong[] _words = new ulong[(length + 63) / 64];

    public int Length { get; } = length;

    public bool this[int index] => (_words[index >> 6] & (1UL << index)) != 0;

    public static Bits AllSet(int length)
    {
        var bits = new Bits(length);
        Array.Fill(bits._words, ulong.MaxValue);
        if ((length & 63) != 0)
        {
            bits._words[^1] = (1UL << length) - 1;
        }

        return bits;
    }

    public void Set(int index) => _words[index >> 6] |= 1UL << index;

    public void Clear(int index) => _words[index >> 6] &= ~(1UL << index);

    public int Count()
    {
        var count = 0;
        foreach (var word in _words)
        {
            count += BitOperations.PopCount(word);
        }

        return count;
    }

    public Bits Copy()
    {
        var copy = new Bits(Length);
        _words.CopyTo(copy._words, 0);
        return copy;
    }
}
