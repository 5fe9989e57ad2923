using System.Net.Http.Headers;
using Microsoft.AspNetCore.Authorization;
using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Auth;

/// <summary>
/// Lets a request through when its bearer may do what its endpoint asks. Cookies are never looked at, so a foreign page has nothing to
/// ride on. An endpoint that says neither which scope it needs nor that it is open is closed.
/// </summary>
internal sealed class BearerMiddleware(RequestDelegate next, Authenticator authenticator)
{
    public async Task InvokeAsync(HttpContext context)
    {
        // Without an endpoint there is nothing to protect; the framework's own answers (405, 415) are no RouteEndpoint.
        if (context.GetEndpoint() is not RouteEndpoint endpoint || endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
        {
            await next(context);
            return;
        }

        var required = endpoint.Metadata.GetMetadata<RequiredScope>()
            ?? throw new InvalidOperationException($"{endpoint.DisplayName} names no scope; add Requires(...) or AllowAnonymous().");
        var caller = await authenticator.FindAsync(BearerOf(context.Request), context.Connection.RemoteIpAddress, context.RequestAborted)
            ?? throw new ProblemException("key-unknown", "The key is not known here, or not any more. Ask whoever runs this for another, or sign in again.");
        if (required.Scope is { } scope && !caller.Scopes.Contains(scope))
        {
            var name = scope.ToString().ToLowerInvariant();
            throw new ProblemException("scope-missing", $"The key '{caller.KeyName}' lacks the scope '{name}'. Use a key that has it; GET /v1/session tells what this one may do.");
        }

        context.Features.Set(caller);
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        await next(context);
    }

    public static string BearerOf(HttpRequest request)
    {
        if (request.Headers.Authorization is [{ Length: > 0 and <= 1024 } header]
            && AuthenticationHeaderValue.TryParse(header, out var value)
            && value is { Scheme: var scheme, Parameter: { Length: > 0 } parameter }
            && scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
        {
            return parameter;
        }

        throw new ProblemException("key-missing", "This needs a key. Send it as 'Authorization: Bearer <key>'.");
    }
}
