namespace Rag.Core.Indexing;

/// <summary>Unsigned numbers in groups of seven bits, low group first; the eighth bit says that another group follows.</summary>
internal static class VariableLength
{
    /// <summary>Bytes of the longest number.</summary>
    public const int MaxBytes = 5;

    public static int Write(Span<byte> target, uint value)
    {
        var i = 0;
        while (value >= 0x80)
        {
            target[i++] = (byte)(value | 0x80);
            value >>= 7;
        }

        target[i++] = (byte)value;
        return i;
    }

    public static bool TryRead(ReadOnlySpan<byte> source, out uint value, out int width)
    {
        value = 0;
        for (width = 0; width < source.Length && width < MaxBytes; width++)
        {
            value |= (uint)(source[width] & 0x7F) << (7 * width);
            if (source[width] < 0x80)
            {
                width++;
                return true;
            }
        }

        return false;
    }

    /// <summary>Reads at <paramref name="position"/> and moves it on; the bytes are our own and known to be whole.</summary>
    public static uint Read(ReadOnlySpan<byte> source, ref int position)
    {
        uint value = source[position++];
        if (value < 0x80)
        {
            return value;
        }

        value &= 0x7F;
        for (var shift = 7; ; shift += 7)
        {
            uint next = source[position++];
            value |= (next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
