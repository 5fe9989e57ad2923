using System.Buffers.Binary;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;

namespace Aspire.Hosting.Dashboard;

/// <summary>
/// Messages of gRPC over HTTP/2: one byte that says "compressed" (never here), four bytes of length, big-endian, then the message. The
/// status travels in the trailers.
/// </summary>
internal static class GrpcFraming
{
    private const int PrefixLength = 5;

    // The dashboard sends names of resources and commands; more than this is not one of its messages.
    private const int LongestRequest = 1024 * 1024;

    public static async Task<T> ReadAsync<T>(HttpRequest request, MessageParser<T> parser, CancellationToken cancellationToken)
        where T : IMessage<T>
    {
        var prefix = new byte[PrefixLength];
        await request.Body.ReadExactlyAsync(prefix, cancellationToken);
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix.AsSpan(1));
        if (prefix[0] != 0 || length > LongestRequest)
        {
            throw new InvalidDataException("The message is compressed or too long.");
        }

        var message = new byte[length];
        await request.Body.ReadExactlyAsync(message, cancellationToken);
        return parser.ParseFrom(message);
    }

    public static async Task WriteAsync(HttpResponse response, IMessage message, CancellationToken cancellationToken)
    {
        var frame = new byte[PrefixLength + message.CalculateSize()];
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)(frame.Length - PrefixLength));
        message.WriteTo(frame.AsSpan(PrefixLength));
        await response.Body.WriteAsync(frame, cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
    }

    /// <summary>Sends the headers at once: a stream that has nothing to say yet is open nevertheless.</summary>
    public static async Task BeginAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        response.ContentType = "application/grpc";
        await response.StartAsync(cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
    }

    /// <summary>The status, with a text for anything but success.</summary>
    public static void End(HttpResponse response, GrpcStatus status, string? text = null)
    {
        response.AppendTrailer("grpc-status", ((int)status).ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (text is not null)
        {
            response.AppendTrailer("grpc-message", Uri.EscapeDataString(text));
        }
    }
}

/// <summary>The codes of gRPC that are used here.</summary>
internal enum GrpcStatus
{
    Ok = 0,
    InvalidArgument = 3,
    Unimplemented = 12,
    Internal = 13,
    Unauthenticated = 16,
}
