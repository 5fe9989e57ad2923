using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Rag.Api.Limits;
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
                ? new UploadPart.File(file, section.ContentType, section.Body)
                : throw ProblemException.Field("file", "must be sent as a file: with a filename.");
        }

        return new UploadPart.Field(name, await TextAsync(section, name, cancellationToken));
    }

    private static async Task<string> TextAsync(MultipartSection section, string name, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxFieldBytes + 1];
        try
        {
            var count = await section.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
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
        catch (Exception e) when (e is InvalidDataException || (e is IOException and not BadHttpRequestException && !cancellationToken.IsCancellationRequested))
        {
            throw new ProblemException("invalid-request", "The upload ends before its form does, or is no multipart form. Send it again.", e);
        }
    }
}
