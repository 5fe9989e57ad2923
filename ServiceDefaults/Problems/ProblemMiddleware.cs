using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace RagPlatform.ServiceDefaults.Problems;

/// <summary>Exceptions and empty error answers become problems.</summary>
internal sealed partial class ProblemMiddleware(RequestDelegate next, IEnumerable<IProblemMapper> mappers, ILogger<ProblemMiddleware> logger)
{
    private readonly IProblemMapper[] _mappers = [.. mappers];

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to answer; 499 is what proxies log for it.
            if (!context.Response.HasStarted)
            {
                context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            }

            return;
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            await TellAsync(context, ProblemOf(e, context));
            return;
        }

        if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentLength: null or 0, ContentType: null }
            && context.Response.StatusCode != StatusCodes.Status416RangeNotSatisfiable)
        {
            var allow = context.Response.Headers.Allow;
            await TellAsync(context, ProblemOf(context.Response.StatusCode, context, allow.ToString()));
        }
    }

    private static async Task TellAsync(HttpContext context, ProblemException problem)
    {
        try
        {
            await ProblemWriter.WriteAsync(context, problem);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Whoever asked left meanwhile, which is no fault of this service.
        }
    }

    private ProblemException ProblemOf(Exception exception, HttpContext context)
    {
        if (exception is ProblemException problem)
        {
            return problem;
        }

        foreach (var mapper in _mappers)
        {
            if (mapper.Map(exception) is { } mapped)
            {
                if (ProblemCatalog.StatusOf(mapped.Code) is null or >= 500)
                {
                    LogFault(context.Request.Method, context.GetEndpoint()?.DisplayName, mapped.Code, exception);
                }

                return ProblemCatalog.StatusOf(mapped.Code) is null ? Internal() : mapped;
            }
        }

        if (exception is BadHttpRequestException bad)
        {
            return BindingFailure.Read(bad.Message) ?? ProblemOf(bad.StatusCode, context, allow: null, bad);
        }

        LogFault(context.Request.Method, context.GetEndpoint()?.DisplayName, "internal", exception);
        return Internal();
    }

    private static ProblemException Internal() =>
        new("internal", "The request failed on the server's side. Try again; if it stays, look for the 'traceId' in the server's log.");

    private static ProblemException ProblemOf(int status, HttpContext context, string? allow, BadHttpRequestException? cause = null)
    {
        var code = ProblemCatalog.CodeOf(status);
        return new ProblemException(code, code switch
        {
            "not-found" => $"There is nothing at {context.Request.Path}. /openapi/v1.json lists what there is.",
            "method-not-allowed" => string.IsNullOrEmpty(allow)
                ? $"{context.Request.Method} is not possible here. /openapi/v1.json lists what is."
                : $"{context.Request.Method} is not possible here; {allow} is.",
            "unsupported-media-type" => $"The content type '{context.Request.ContentType}' is not read here. /openapi/v1.json tells which is.",
            "body-too-large" => $"The request's body is too large{LimitOf(context)}.",
            "request-timeout" => "The request arrived too slowly and was given up. Send it again.",
            "internal" => Internal().Message,
            _ => cause?.Message ?? $"The request was refused with status {status}.",
        });
    }

    private static string LimitOf(HttpContext context) =>
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize is { } limit ? $"; at most {limit} bytes are read here" : "";

    [LoggerMessage(1, LogLevel.Error, "{Method} {Endpoint} failed: {Code}")]
    private partial void LogFault(string method, string? endpoint, string code, Exception exception);
}
