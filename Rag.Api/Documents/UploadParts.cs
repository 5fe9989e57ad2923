using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Rag.Api.Limits;
using Rag.Core.Safety;
using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Documents;

/// <summary>One part of an upload.</summary>
internal abstract record UploadPart
{
    private UploadPart()
    {
    }

    /// <summary>A value.</summary>
    public sealed record Field(string Name, string Value) : UploadPart;

    /// <summary>A file; its content must be read before the next part is asked for, else it is skipped.</summary>
    public sealed record File(string Name, string? MediaType, Stream Content) : UploadPart;
}

/// <summary>Reads <c>multipart/form-data</c> part by part, straight from the connection: nothing but small fields is held in memory.</summary>
internal static class UploadParts
{
    private const int MaxFieldBytes = 64 * 1024;

    /// <exception cref="ProblemException"><c>invalid-request</c> for a body that is no such form, <c>body-too-large</c>.</exception>
    public static async IAsyncEnumerable<UploadPart> ReadAsync(
        HttpContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = context.Request;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = context.RequestServices.GetRequiredService<IOptions<LimitOptions>>().Value.UploadMiB * 1024L * 1024L;
        }

        var boundary = MediaTypeHeaderValue.TryParse(request.ContentType, out var type) ? HeaderUtilities.RemoveQuotes(type.Boundary).Value : null;
        if (boundary is not { Length: > 0 and <= 200 })
        {
            throw ProblemException.Field("Content-Type", "must name the form's boundary: multipart/form-data; boundary=...");
        }

        var reader = new MultipartReader(boundary, request.Body) { HeadersCountLimit = 16, HeadersLengthLimit = 16 * 1024 };
        while (await NextAsync(reader, cancellationToken) is { } section)
        {
            yield return await PartOfAsync(section, cancellationToken);
        }
    }

    private static async Task<UploadPart> PartOfAsync(MultipartSection section, CancellationToken cancellationToken)
    {
        if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition)
            || HeaderUtilities.RemoveQuotes(disposition.Name).Value is not { Length: > 0 } name)
        {
            throw ProblemException.Field("form", "each part needs a Content-Disposition header with a name.");
        }

        // The extended form is the one that says its encoding.
        var file = disposition.FileNameStar.HasValue ? disposition.FileNameStar.Value : HeaderUtilities.RemoveQuotes(disposition.FileName).Value;
        if (name == "file")
        {
            return file is not null
                ? new UploadPart.File(file, section.ContentType, new PartStream(section.Body))
                : throw ProblemException.Field("file", "must be sent as a file: with a filename.");
        }

        return new UploadPart.Field(name, await TextAsync(section, name, cancellationToken));
    }

    private static async Task<string> TextAsync(MultipartSection section, string name, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxFieldBytes + 1];
        await using var body = new PartStream(section.Body);
        try
        {
            var count = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
            return count <= MaxFieldBytes
                ? new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(buffer, 0, count)
                : throw ProblemException.Field(name, $"is longer than {MaxFieldBytes} bytes.");
        }
        catch (DecoderFallbackException)
        {
            throw ProblemException.Field(name, "is not valid UTF-8.");
        }
    }

    private static async Task<MultipartSection?> NextAsync(MultipartReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadNextSectionAsync(cancellationToken);
        }
        catch (Exception e) when (IsBrokenOff(e, cancellationToken))
        {
            throw BrokenOff(e);
        }
    }

    // What the server itself has a status for (a body that is too large, or arrives too slowly) keeps it; that the body ends too soon it says as well.
    private static bool IsBrokenOff(Exception exception, CancellationToken cancellationToken) => exception switch
    {
        InvalidDataException => true,
        BadHttpRequestException bad => bad.StatusCode == StatusCodes.Status400BadRequest,
        IOException => !cancellationToken.IsCancellationRequested,
        _ => false,
    };

    private static ProblemException BrokenOff(Exception cause) =>
        new("invalid-request", "The upload ends before its form does, or is no multipart form. Send it again.", cause);

    /// <summary>The content of a part. Whoever stores it must not take a connection that broke off for a disk that failed.</summary>
    private sealed class PartStream(Stream inner) : ReadingStream
    {
        public override int Read(Span<byte> buffer)
        {
            try
            {
                return inner.Read(buffer);
            }
            catch (Exception e) when (IsBrokenOff(e, CancellationToken.None))
            {
                throw BrokenOff(e);
            }
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                return await inner.ReadAsync(buffer, cancellationToken);
            }
            catch (Exception e) when (IsBrokenOff(e, cancellationToken))
            {
                throw BrokenOff(e);
            }
        }
    }
}
