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
/// refusal is not kept, since nothing was done. What was begun is done to its end even if its client gives up: it will ask again.
/// </summary>
internal sealed partial class IdempotencyMiddleware(
    RequestDelegate next, IdempotencyStore store, TimeProvider time, ILogger<IdempotencyMiddleware> logger)
{
    private const string Header = "Idempotency-Key";
    private const int MaxLength = 200;
    private const int LongestRoute = 500;

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
        var route = RouteOf(context.Request.Path);
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
                throw new ProblemException(
                    "request-in-progress",
                    "A request with this Idempotency-Key is still under way, or broke off less than a minute ago without telling what it had done. Repeat it in a moment for its answer.")
                {
                    RetryAfter = TimeSpan.FromSeconds(1),
                };
            case Claim.Mine mine:
                await DoAsync(context, mine.Held, hash, isUpload ? new UploadDigest() : null);
                break;
        }
    }

    // The database's index takes rows of 2,704 bytes, and a path may be longer.
    internal static string RouteOf(PathString path) => path.Value is { Length: > LongestRoute } text
        ? $"POST sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}"
        : $"POST {path}";

    private async Task DoAsync(HttpContext context, IdempotencyClaim claim, byte[] hash, UploadDigest? upload)
    {
        if (upload is not null)
        {
            context.Features.Set(upload);
        }

        var (client, body) = (context.RequestAborted, context.Response.Body);
        await using var answer = new MemoryStream();
        using var finished = new CancellationTokenSource();
        using var overtaken = new CancellationTokenSource();
        var renewing = RenewAsync(claim, overtaken, finished.Token);
        context.Response.Body = answer;
        context.RequestAborted = overtaken.Token;
        try
        {
            await next(context);
        }
        catch (OperationCanceledException e) when (overtaken.IsCancellationRequested)
        {
            throw new ProblemException(
                "request-in-progress", "Another request with this Idempotency-Key took the place of this one, which gave no sign of life for a minute. Repeat it in a moment for its answer.", e)
            {
                RetryAfter = TimeSpan.FromSeconds(1),
            };
        }
        catch (Exception e)
        {
            await ReleaseAsync(claim, StatusOf(e));
            throw;
        }
        finally
        {
            (context.RequestAborted, context.Response.Body) = (client, body);
            await finished.CancelAsync();
            await renewing;
        }

        if (context.Response.StatusCode is >= 200 and < 300)
        {
            var kept = new KeptAnswer(context.Response.StatusCode, TextOf(answer, context), context.Response.Headers.Location);
            if (!await store.CompleteAsync(claim, upload?.Finish() ?? hash, kept, CancellationToken.None))
            {
                LogOvertaken();
            }
        }
        else
        {
            await ReleaseAsync(claim, context.Response.StatusCode);
        }

        answer.Position = 0;
        await answer.CopyToAsync(body, client);
    }

    private static async Task ReplayAsync(HttpContext context, Claim.Done done, byte[] hash)
    {
        if (!hash.AsSpan().SequenceEqual(done.RequestHash))
        {
            throw new ProblemException("idempotency-key-reused", "This Idempotency-Key was used for another request within 24 hours. Use a new key for a new request.");
        }

        context.Response.StatusCode = done.Answer.Status;
        context.Response.Headers["Idempotency-Replayed"] = "true";
        context.Response.Headers.Location = done.Answer.Location;
        if (done.Answer.Body.Length > 0)
        {
            context.Response.ContentType = "application/json; charset=utf-8";
            await context.Response.WriteAsync(done.Answer.Body, context.RequestAborted);
        }
    }

    private static string TextOf(MemoryStream answer, HttpContext context)
    {
        var text = Encoding.UTF8.GetString(answer.GetBuffer(), 0, (int)answer.Length);
        if (context.GetEndpoint()?.Metadata.GetMetadata<NotKept>() is { } notKept && JsonNode.Parse(text) is JsonObject json)
        {
            json[notKept.Field] = null;
            text = json.ToJsonString(ApiJson.Options);
        }

        return text;
    }

    private static int? StatusOf(Exception exception) => exception switch
    {
        ProblemException problem => ProblemCatalog.StatusOf(problem.Code),
        RagException rag => ProblemCatalog.StatusOf(rag.Code),
        BadHttpRequestException bad => bad.StatusCode,
        _ => null,
    };

    /// <summary>Renews the claim until the request has ended. Cancels the request when another has taken its key over, as after a long standstill of this process.</summary>
    private async Task RenewAsync(IdempotencyClaim claim, CancellationTokenSource overtaken, CancellationToken finished)
    {
        using var timer = new PeriodicTimer(IdempotencyStore.Renewal, time);
        try
        {
            while (await timer.WaitForNextTickAsync(finished))
            {
                try
                {
                    if (!await store.RenewAsync(claim, finished))
                    {
                        LogOvertaken();
                        await overtaken.CancelAsync();
                        return;
                    }
                }
                catch (RagException e)
                {
                    LogNotRenewed(e);
                }
            }
        }
        catch (OperationCanceledException) when (finished.IsCancellationRequested)
        {
            // The request has ended.
        }
    }

    /// <summary>
    /// Gives the key back when the request was refused. After any other failure it may have been done all the same (a commit whose answer
    /// was lost): the claim then stays until it counts as abandoned.
    /// </summary>
    private async Task ReleaseAsync(IdempotencyClaim claim, int? status)
    {
        if (status is not ((>= 400 and < 500) or StatusCodes.Status507InsufficientStorage))
        {
            return;
        }

        try
        {
            await store.ReleaseAsync(claim, CancellationToken.None);
        }
        catch (RagException e)
        {
            // The failure that is on its way to the client matters more; the claim is taken over soon.
            LogNotReleased(e);
        }
    }

    [LoggerMessage(3101, LogLevel.Warning, "An idempotency key could not be released")]
    private partial void LogNotReleased(Exception exception);

    [LoggerMessage(3102, LogLevel.Warning, "An idempotency key could not be renewed")]
    private partial void LogNotRenewed(Exception exception);

    [LoggerMessage(3103, LogLevel.Warning, "A request took so long without renewing its idempotency key that another with the same key took it over")]
    private partial void LogOvertaken();
}
