using System.Security.Cryptography;
using Rag.Core.Safety;

namespace Rag.Core.Blobs;

/// <summary>
/// Reads an original once, from its beginning, and fails at its end when it is not what was sent: a damaged file would become a document
/// that says something else, and nobody would know.
/// </summary>
public sealed class VerifiedOriginal(Stream content, ReadOnlyMemory<byte> sha256) : ReadingStream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        var count = content.Read(buffer);
        Follow(buffer[..count], buffer.IsEmpty);
        return count;
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await content.ReadAsync(buffer, cancellationToken);
        Follow(buffer.Span[..count], buffer.IsEmpty);
        return count;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _hash.Dispose();
        await content.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
            content.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Follow(ReadOnlySpan<byte> read, bool isNothingAsked)
    {
        if (read.Length > 0)
        {
            _hash.AppendData(read);
        }
        else if (!isNothingAsked && !_hash.GetCurrentHash().AsSpan().SequenceEqual(sha256.Span))
        {
            throw OriginalFault.Damaged();
        }
    }
}
