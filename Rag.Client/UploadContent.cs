using System.Net;

namespace Rag.Client;

/// <summary>Streams a file into a request and tells how far it is. The stream stays the caller's.</summary>
internal sealed class UploadContent(UploadFile file, IProgress<UploadProgress>? progress) : HttpContent
{
    private const int BufferBytes = 64 * 1024;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var total = file.Content.CanSeek ? file.Content.Length - file.Content.Position : (long?)null;
        var buffer = new byte[BufferBytes];
        var sent = 0L;
        int read;
        while ((read = await file.Content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            sent += read;
            progress?.Report(new UploadProgress(file.Name, sent, total));
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = file.Content.CanSeek ? file.Content.Length - file.Content.Position : 0;
        return file.Content.CanSeek;
    }
}
