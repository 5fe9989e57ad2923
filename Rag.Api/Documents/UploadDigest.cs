using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Rag.Core.Safety;

namespace Rag.Api.Documents;

/// <summary>
/// What an upload says, as a hash: names and contents of its parts in their order, whatever the boundary. Equal for two requests exactly
/// when repeating one does what the other did.
/// </summary>
internal sealed class UploadDigest
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public void Field(string name, string value)
    {
        Add("field");
        Add(name);
        Add(value);
    }

    /// <summary>Begins a file; what is read from the returned stream is counted.</summary>
    public Stream File(string name, string? mediaType, Stream content)
    {
        Add("file");
        Add(name);
        Add(mediaType ?? "");
        return new HashedStream(content, _hash);
    }

    public byte[] Finish() => _hash.GetHashAndReset();

    /// <summary>Reads the request's parts for nothing but their hash.</summary>
    public static async Task<byte[]> OfRequestAsync(HttpContext context)
    {
        var digest = new UploadDigest();
        await foreach (var part in UploadParts.ReadAsync(context, context.RequestAborted))
        {
            if (part is UploadPart.Field field)
            {
                digest.Field(field.Name, field.Value);
            }
            else if (part is UploadPart.File file)
            {
                await digest.File(file.Name, file.MediaType, file.Content).CopyToAsync(Stream.Null, context.RequestAborted);
            }
        }

        return digest.Finish();
    }

    private void Add(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        _hash.AppendData(length);
        _hash.AppendData(bytes);
    }

    private sealed class HashedStream(Stream inner, IncrementalHash hash) : ReadingStream
    {
        public override int Read(Span<byte> buffer)
        {
            var read = inner.Read(buffer);
            hash.AppendData(buffer[..read]);
            return read;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            hash.AppendData(buffer.Span[..read]);
            return read;
        }
    }
}
