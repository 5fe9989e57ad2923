using System.Globalization;
using System.Net;
using Amazon.S3;
using Amazon.S3.Model;

namespace Rag.Core.Blobs.S3;

/// <summary>
/// An original out of a bucket: one answer that is read as it comes, and another from elsewhere when it is read from elsewhere, or when the
/// first was cut off.
/// </summary>
internal sealed class S3BlobStream : RemoteBlobStream
{
    // A store that sends nothing for so long sends nothing any more.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly S3Connection _connection;
    private readonly string _key;
    private readonly string _tag;
    private GetObjectResponse? _answer;
    private long _answerPosition;

    // By its tag another object of the same name is told apart, be it a copy of the same content that the store encrypted anew.
    private S3BlobStream(S3Connection connection, string key, GetObjectResponse answer)
        : base(answer.ContentLength) => (_connection, _key, _tag, _answer) = (connection, key, answer.ETag, answer);

    /// <summary>Opens it at its beginning; null when there is none.</summary>
    public static async Task<S3BlobStream?> OpenAsync(S3Connection connection, string key, CancellationToken cancellationToken) =>
        await connection.FindAsync(
            (client, token) => client.GetObjectAsync(new GetObjectRequest { BucketName = connection.Bucket, Key = key }, token), cancellationToken) is { } answer
            ? new S3BlobStream(connection, key, answer)
            : null;

    protected override async ValueTask<int> ReadFromAsync(long position, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var wasOpen = _answer is not null && _answerPosition == position;
        var count = await ReadOnceAsync(buffer, mayFail: wasOpen, cancellationToken);
        if (count == 0)
        {
            // The answer was cut off, as long ones are now and then. A second one that ends at once is a store that does not work.
            count = await ReadOnceAsync(buffer, mayFail: false, cancellationToken);
        }

        if (count == 0)
        {
            throw _connection.Fault(new EndOfStreamException($"The object ends at {position} of {Length} bytes."));
        }

        _answerPosition += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Close(ref _answer);
        }

        base.Dispose(disposing);
    }

    // Zero is an answer that ended, with or without a word, before the object did.
    private async Task<int> ReadOnceAsync(Memory<byte> buffer, bool mayFail, CancellationToken cancellationToken)
    {
        var answer = await AnswerAsync(cancellationToken);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            var count = await answer.ResponseStream.ReadAsync(buffer, limit.Token);
            if (count == 0)
            {
                Close(ref _answer);
            }

            return count;
        }
        catch (Exception e) when (S3Fault.Is(e, cancellationToken))
        {
            Close(ref _answer);
            return mayFail ? 0 : throw _connection.Fault(e);
        }
    }

    private async Task<GetObjectResponse> AnswerAsync(CancellationToken cancellationToken)
    {
        if (_answer is not null && _answerPosition == Position)
        {
            return _answer;
        }

        Close(ref _answer);
        var answer = await _connection.FindAsync(AskAsync, cancellationToken) ?? throw S3Fault.Away("The original was removed or replaced while it was read.", null);
        if (answer.HttpStatusCode != HttpStatusCode.PartialContent || answer.ContentLength != Length - Position)
        {
            answer.Dispose();
            throw S3Fault.Away("The object store was asked for a part of an original and gave another: it does not do what S3 does.", null);
        }

        _answerPosition = Position;
        return _answer = answer;
    }

    // Only of the same object: parts of two would be neither.
    private Task<GetObjectResponse> AskAsync(IAmazonS3 client, CancellationToken cancellationToken) => client.GetObjectAsync(
        new GetObjectRequest
        {
            BucketName = _connection.Bucket,
            Key = _key,
            EtagToMatch = _tag,
            ByteRange = new ByteRange(string.Create(CultureInfo.InvariantCulture, $"bytes={Position}-")),
        },
        cancellationToken);

    private static void Close(ref GetObjectResponse? answer)
    {
        answer?.Dispose();
        answer = null;
    }
}
