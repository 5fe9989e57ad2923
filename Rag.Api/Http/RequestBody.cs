using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Rag.Api.Limits;
using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Http;

/// <summary>On endpoints whose body may be larger, or smaller, than the usual.</summary>
/// <param name="Of">Bytes that are read at most.</param>
internal sealed record BodyLimit(Func<LimitOptions, long> Of);

/// <summary>The bytes of a request that is read as a whole; read once, kept for whoever needs them again in the same request.</summary>
internal sealed class RequestBody
{
    private RequestBody(byte[] bytes) => Bytes = bytes;

    public byte[] Bytes { get; }

    public static async Task<RequestBody> ReadAsync(HttpContext context)
    {
        if (context.Features.Get<RequestBody>() is { } read)
        {
            return read;
        }

        var limit = LimitOf(context);
        // Only ever raised: the server reads the rest of a refused body away, so that the client gets the answer and no broken connection.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature && feature.MaxRequestBodySize < limit)
        {
            feature.MaxRequestBodySize = limit;
        }

        if (context.Request.ContentLength > limit)
        {
            throw TooLarge(limit);
        }

        await using var buffer = new MemoryStream((int)(context.Request.ContentLength ?? 0));
        var chunk = new byte[16 * 1024];
        int count;
        while ((count = await context.Request.Body.ReadAsync(chunk, context.RequestAborted)) > 0)
        {
            buffer.Write(chunk, 0, count);
            if (buffer.Length > limit)
            {
                throw TooLarge(limit);
            }
        }

        var body = new RequestBody(buffer.ToArray());
        context.Features.Set(body);
        return body;
    }

    private static long LimitOf(HttpContext context)
    {
        var limits = context.RequestServices.GetRequiredService<IOptions<LimitOptions>>().Value;
        return context.GetEndpoint()?.Metadata.GetMetadata<BodyLimit>()?.Of(limits) ?? limits.JsonKiB * 1024L;
    }

    private static ProblemException TooLarge(long limit) =>
        new("body-too-large", $"The request's body is larger than the {limit} bytes that are read here. Upload large content as a file.");
}
