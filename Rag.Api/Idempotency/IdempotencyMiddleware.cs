using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Rag.Api.Auth;
using Rag.Api.Documents;
using Rag.Api.Http;
using Rag.Core;
using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Idempotency;

/// <summary>On POST endpoints that change nothing, or whose answer is a secret that must not be kept: the header has no effect there.</summary>
internal sealed record NotReplayed;

/// <summary>Fields of an answer that are not kept, so a repetition gives null for them.</summary>
internal sealed record NotKept(string Field);

/// <summary>
/// <c>Idempotency-Key</c> on a POST: the first request is done and its success kept for 24 hours, later ones get the same answer. A
/// failure is not kept, since nothing was done.
/// </summary>
internal sealed partial class IdempotencyMiddleware(RequestDelegate next, IdempotencyStore store, ILogger<IdempotencyMiddleware> logger)
{
    private const string Header = "Idempotency-Key";
    private const int MaxLength = 200;

    public async Task InvokeAsync(HttpContext context)
    {
        if (!HttpMethods.IsPost(context.Request.Method)
            || !context.Request.Headers.TryGetValue(Header, out var values)
            || context.Features.Get<Caller>() is not { } caller
            || context.GetEndpoint()?.Metadata is not { } metadata
            || metadata.GetMetadata<NotReplayed>() is not null)
        {
            await next(context);
            return;
        }

        if (values is not [{ Length: > 0 and <= MaxLength } key] || key.Any(static character => character is < ' ' or > '~'))
        {
            throw ProblemException.Field(Header, $"must have 1 to {MaxLength} visible ASCII characters.");
        }

        // The path and not its pattern: the same key for another collection is another request.
        var route = $"POST {context.Request.Path}";
        // Boundaries differ from one sending to the next, so of an upload the parts are compared; they are only known once it is read.
        var isUpload = context.Request.HasFormContentType;
        var hash = isUpload ? [] : SHA256.HashData((await RequestBody.ReadAsync(context)).Bytes);
        switch (await store.ClaimAsync(caller.KeyId, route, key, hash, context.RequestAborted))
        {
            case Claim.Done done:
                if (isUpload)
                {
                    hash = await UploadDigest.OfRequestAsync(context);
                }

                await ReplayAsync(context, done, hash);
                break;
            case Claim.InProgress:
                throw new ProblemException("request-in-progress", "A request with this Idempotency-Key is still under way. Repeat it in a moment for its answer.")
                {
                    RetryAfter = TimeSpan.FromSeconds(1),
                };
            default:
                await DoAsync(context, caller.KeyId, route, key, hash, isUpload ? new UploadDigest() : null);
                break;
        }
    }

    private async Task DoAsync(HttpContext context, Guid keyId, string route, string key, byte[] hash, UploadDigest? upload)
    {
        if (upload is not null)
        {
            context.Features.Set(upload);
        }

        var body = context.Response.Body;
        await using var answer = new MemoryStream();
        context.Response.Body = answer;
        var done = false;
        try
        {
            await next(context);
            done = context.Response.StatusCode is >= 200 and < 300;
        }
        finally
        {
            context.Response.Body = body;
            if (!done)
            {
                await ReleaseAsync(keyId, route, key);
            }
        }

        if (done)
        {
            // What was done is done: the client that has gone will ask again.
            await store.CompleteAsync(
                keyId, route, key, upload?.Finish() ?? hash, context.Response.StatusCode, Kept(answer, context), CancellationToken.None);
        }

        answer.Position = 0;
        await answer.CopyToAsync(body, context.RequestAborted);
    }

    private static async Task ReplayAsync(HttpContext context, Claim.Done done, byte[] hash)
    {
        if (!hash.AsSpan().SequenceEqual(done.RequestHash))
        {
            throw new ProblemException("idempotency-key-reused", "This Idempotency-Key was used for another request within 24 hours. Use a new key for a new request.");
        }

        context.Response.StatusCode = done.Status;
        context.Response.Headers["Idempotency-Replayed"] = "true";
        if (done.Response.Length > 0)
        {
            context.Response.ContentType = "application/json; charset=utf-8";
            await context.Response.WriteAsync(done.Response, context.RequestAborted);
        }
    }

    private static string Kept(MemoryStream answer, HttpContext context)
    {
        var text = Encoding.UTF8.GetString(answer.GetBuffer(), 0, (int)answer.Length);
        if (context.GetEndpoint()?.Metadata.GetMetadata<NotKept>() is { } notKept && JsonNode.Parse(text) is JsonObject json)
        {
            json[notKept.Field] = null;
            text = json.ToJsonString(ApiJson.Options);
        }

        return text;
    }

    private async Task ReleaseAsync(Guid keyId, string route, string key)
    {
        try
        {
            await store.ReleaseAsync(keyId, route, key, CancellationToken.None);
        }
        catch (RagException e)
        {
            // The failure that is on its way to the client matters more; the claim is taken over after 5 minutes.
            LogNotReleased(e);
        }
    }

    [LoggerMessage(3101, LogLevel.Warning, "An idempotency key could not be released")]
    private partial void LogNotReleased(Exception exception);
}
