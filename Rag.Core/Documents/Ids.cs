using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Rag.Core.Documents;

/// <summary>Identity of a collection; UUIDv7, so that it sorts by creation.</summary>
public readonly record struct CollectionId(Guid Value)
{
    /// <summary>A new id.</summary>
    public static CollectionId New() => new(Guid.CreateVersion7());

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}

/// <summary>Identity of a document; UUIDv7, so that it sorts by creation.</summary>
public readonly record struct DocumentId(Guid Value)
{
    /// <summary>A new id.</summary>
    public static DocumentId New() => new(Guid.CreateVersion7());

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}

/// <summary>Who asks for work, a key or a sign-in: only tells what is part of the same upload. The default stands for all that are not known.</summary>
public readonly record struct SenderId(Guid Value);

/// <summary>Identity of a job; UUIDv7.</summary>
public readonly record struct JobId(Guid Value)
{
    /// <summary>A new id.</summary>
    public static JobId New() => new(Guid.CreateVersion7());

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}

/// <summary>
/// Identity of a chunk and of its point in any index: UUIDv5 over (document, generation, ordinal), so that a repeated step
/// overwrites what it wrote before instead of adding to it.
/// </summary>
public readonly record struct ChunkId(Guid Value)
{
    // A namespace of our own, as RFC 9562 section 6.6 asks for name-based ids.
    private static readonly Guid Namespace = new("6f0b2f5e-9c0d-4a8e-9a39-0d8f3a1c7b52");

    /// <summary>The id of chunk <paramref name="ordinal"/> (from 0) of one generation of a document.</summary>
    public static ChunkId For(DocumentId document, long generation, int ordinal)
    {
        Span<byte> name = stackalloc byte[16 + 16 + 8 + 4];
        Namespace.TryWriteBytes(name, bigEndian: true, out _);
        document.Value.TryWriteBytes(name[16..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(name[32..], generation);
        BinaryPrimitives.WriteInt32BigEndian(name[40..], ordinal);

        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // RFC 9562 defines UUIDv5 by SHA-1; nothing here relies on collision resistance against an attacker
        SHA1.HashData(name, hash);
#pragma warning restore CA5350
        hash[6] = (byte)((hash[6] & 0x0F) | 0x50);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new ChunkId(new Guid(hash[..16], bigEndian: true));
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}
