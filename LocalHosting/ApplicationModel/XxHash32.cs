using System.Buffers.Binary;
using System.Numerics;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>XXH32 with seed 0, after the specification in the xxHash repository (doc/xxhash_spec.md). For names, not for security.</summary>
internal static class XxHash32
{
    private const uint Prime1 = 2654435761;
    private const uint Prime2 = 2246822519;
    private const uint Prime3 = 3266489917;
    private const uint Prime4 = 668265263;
    private const uint Prime5 = 374761393;

    public static uint Hash(ReadOnlySpan<byte> data)
    {
        unchecked
        {
            var rest = data;
            uint hash;
            if (data.Length >= 16)
            {
                Span<uint> lanes = [Prime1 + Prime2, Prime2, 0, 0 - Prime1];
                for (; rest.Length >= 16; rest = rest[16..])
                {
                    for (var lane = 0; lane < 4; lane++)
                    {
                        var word = BinaryPrimitives.ReadUInt32LittleEndian(rest[(lane * 4)..]);
                        lanes[lane] = BitOperations.RotateLeft(lanes[lane] + (word * Prime2), 13) * Prime1;
                    }
                }

                hash = BitOperations.RotateLeft(lanes[0], 1) + BitOperations.RotateLeft(lanes[1], 7)
                    + BitOperations.RotateLeft(lanes[2], 12) + BitOperations.RotateLeft(lanes[3], 18);
            }
            else
            {
                hash = Prime5;
            }

            hash += (uint)data.Length;
            for (; rest.Length >= 4; rest = rest[4..])
            {
                hash = BitOperations.RotateLeft(hash + (BinaryPrimitives.ReadUInt32LittleEndian(rest) * Prime3), 17) * Prime4;
            }

            foreach (var single in rest)
            {
                hash = BitOperations.RotateLeft(hash + (single * Prime5), 11) * Prime1;
            }

            hash = (hash ^ (hash >> 15)) * Prime2;
            hash = (hash ^ (hash >> 13)) * Prime3;
            return hash ^ (hash >> 16);
        }
    }
}
