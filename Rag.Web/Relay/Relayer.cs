using System.Buffers;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http.Features;
using Rag.Web.Security;

namespace Rag.Web.Relay;

/// <summary>Passes one request of the browser to the API as the person who is signed in, and the answer back, without holding either.</summary>
internal sealed partial class Relayer(ApiTransport transport, IHostApplicationLifetime lifetime, ILogger<Relayer> logger)
{
    private const int BufferBytes = 64 * 1024;

    public async Task RelayAsync(HttpContext context, RelayRoute route)
    {
        var session = WebCookies.Session(context.Request);
        if (session is null)
        {
            await Problems.WriteAsync(context, StatusCodes.Status401Unauthorized, "key-missing", "Not signed in", "Sign in and try again.");
            return;
        }

        // An event stream has no end of its own: at shutdown it is ended here, and the browser comes back to another instance.
        using var stopping = route.Kind == RelayKind.Events
            ? CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping)
            : CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        var body = new BrowserBody(context.Request.Body);
        using var request = BuildRequest(context, route, session, body);
        HttpResponseMessage response;
        try
        {
            response = await transport.SendAsync(request, stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
        catch (Exception) when (body.Failure is not null)
        {
            await RefuseBodyAsync(context, body.Failure);
            return;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            LogAway(logger, route.Method, route.Pattern, e.Message);
            const string detail = "The API does not answer right now. Try again in a moment.";
            await Problems.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "api-away", "API not reachable", detail);
            return;
        }

        using (response)
        {
            await CopyBackAsync(context, route, response, stopping.Token);
        }
    }

    // The browser cancelled, which is nothing to report, or its body is larger than the server takes on this route.
    private static Task RefuseBodyAsync(HttpContext context, Exception failure)
    {
        if (failure is not BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge })
        {
            context.Abort();
            return Task.CompletedTask;
        }

        return Problems.WriteAsync(
            context, StatusCodes.Status413PayloadTooLarge, "body-too-large", "Request too large", "The request is larger than this site takes. Send less at once.");
    }

    private HttpRequestMessage BuildRequest(HttpContext context, RelayRoute route, string session, BrowserBody body)
    {
        // The route's constraints let names and ids through and nothing else, so the path may be used as it stands.
        var target = new Uri(transport.Base, "v1" + context.Request.Path.Value!["/app".Length..] + QueryOf(context.Request, route));
        var request = new HttpRequestMessage(new HttpMethod(route.Method), target);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", session);
        RelayHeaders.CopyRequest(context.Request, request);
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true)
        {
            if (route.Kind == RelayKind.Upload)
            {
                // The API knows its own limit and says it in words; the server's default of 30 MB would cut first.
                context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = null;
                request.Headers.ExpectContinue = true;
            }

            request.Content = new StreamContent(body, BufferBytes);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
            request.Content.Headers.ContentLength = context.Request.ContentLength;
        }

        return request;
    }

    private static QueryString QueryOf(HttpRequest request, RelayRoute route)
    {
        var query = QueryString.Empty;
        foreach (var name in route.Query)
        {
            if (request.Query.TryGetValue(name, out var values) && values is [{ } value])
            {
                query = query.Add(name, value);
            }
        }

        return query;
    }

    private async Task CopyBackAsync(HttpContext context, RelayRoute route, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        RelayHeaders.CopyResponse(response, context.Response, route.Kind);
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            if (route.Kind is RelayKind.Events or RelayKind.Answer)
            {
                // The headers go first: a stream that is silent at its beginning is open all the same.
                await context.Response.Body.FlushAsync(cancellationToken);
            }

            int read;
            while ((read = await body.ReadAsync(buffer, cancellationToken)) > 0)
            {
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                await context.Response.Body.FlushAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The browser left, or this instance stops. Disposing the response tells the API.
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // The status is sent already: breaking the connection is the only way left to say that something is missing.
            LogBroken(logger, route.Method, route.Pattern, e.Message);
            context.Abort();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The API does not answer {Method} {Pattern}: {Reason}")]
    private static partial void LogAway(ILogger logger, string method, string pattern, string reason);

    [LoggerMessage(2, LogLevel.Information, "The API's answer to {Method} {Pattern} broke off: {Reason}")]
    private static partial void LogBroken(ILogger logger, string method, string pattern, string reason);
}
