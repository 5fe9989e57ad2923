using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Http.HttpResults;
using Rag.Client;
using Rag.Web.Components.Views;
using Rag.Web.Hosting;
using Rag.Web.Security;

namespace Rag.Web.Pages;

/// <summary>Signing in with a key or a one-time link, and signing out.</summary>
internal static class SignInPages
{
    // As long as a bearer that the API looks at, so that any key that works there can be typed here.
    internal const int MostKeyLength = 512;

    public static void MapSignIn(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/signin", Show);
        var forms = routes.MapGroup("/signin").RequireSignInToken();
        forms.MapPost("", WithKeyAsync);
        forms.MapPost("link", WithLinkAsync);
        routes.MapPost("/signout", SignOutAsync).RequireSessionToken();
    }

    private static RazorComponentResult Show(HttpContext context, string? token, string? @return)
    {
        // A link is not redeemed by opening it: mail and chat programs open links to show a preview, and it works only once.
        var link = string.IsNullOrEmpty(token) || token.Length > MostKeyLength ? null : token;
        return Render(context, new SignInModel(link, ReturnUrl.Local(@return), Problem: null), 200);
    }

    private static async Task<IResult> WithKeyAsync(HttpContext context, ApiClients clients, SignInLimit limit, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var back = ReturnUrl.Local(form["return"]);
        var key = form["key"].ToString().Trim();
        if (key.Length is 0 or > MostKeyLength || key.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            return Render(context, new SignInModel(null, back, "That is not a key. Most look like rag_…, and none has spaces."), 400);
        }

        return await StartAsync(
            context,
            limit,
            back,
            link: null,
            () => clients.For(key).StartSessionAsync(cancellationToken),
            "This key is not known. It may have been revoked or may have expired: ask an administrator for a new one.");
    }

    private static async Task<IResult> WithLinkAsync(HttpContext context, ApiClients clients, SignInLimit limit, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var link = form["token"].ToString();
        return await StartAsync(
            context,
            limit,
            ReturnUrl.Local(form["return"]),
            link,
            () => clients.For(bearer: null).RedeemAsync(link, cancellationToken),
            "This link has been used already or is too old. Start again with './rag up' for a new one, or sign in with a key.");
    }

    private static async Task<IResult> StartAsync(HttpContext context, SignInLimit limit, string back, string? link, Func<Task<Session>> start, string refused)
    {
        var from = context.Connection.RemoteIpAddress;
        if (limit.Begin(from) is { } wait)
        {
            return TooMany(context, "Too many sign-ins from your address have failed, by you or by somebody who shares it.", wait, back, link);
        }

        try
        {
            var session = await start();
            limit.Forgive(from);
            WebCookies.SetSession(context, session.Token);
            return TypedResults.Redirect(back);
        }
        catch (RagApiException e) when (e.Status == HttpStatusCode.Unauthorized)
        {
            return Render(context, new SignInModel(null, back, refused), 401);
        }
        catch (RagApiException e)
        {
            // Nobody knows yet whether the key is right. A visitor who left before the answer is not forgiven: the API may have looked his key up.
            limit.Forgive(from);
            if (e.Status != HttpStatusCode.TooManyRequests)
            {
                throw;
            }

            return TooMany(context, "More sign-ins fail at the moment than the service looks at, whoever tries.", e.RetryAfter ?? TimeSpan.FromMinutes(1), back, link);
        }
    }

    private static MessagePage TooMany(HttpContext context, string why, TimeSpan wait, string back, string? link)
    {
        var seconds = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds));
        context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        var again = "/signin?return=" + Uri.EscapeDataString(back) + (link is null ? string.Empty : "&token=" + Uri.EscapeDataString(link));
        return new MessagePage(
            StatusCodes.Status429TooManyRequests,
            "Too many failed sign-ins",
            $"{why} Wait {seconds} {(seconds == 1 ? "second" : "seconds")}, then try again. If this page comes again, tell an administrator.",
            new MessageAction("Try again", again));
    }

    // Not behind the visitor gate, which asks the API who this is: this browser forgets the session also while the API is away.
    private static async Task<IResult> SignOutAsync(HttpContext context, ApiClients clients, CancellationToken cancellationToken)
    {
        WebCookies.ClearSession(context);
        try
        {
            await clients.For(WebCookies.Session(context.Request)).EndSessionAsync(cancellationToken);
            return TypedResults.Redirect("/signin?done=signed-out");
        }
        catch (RagApiException e)
        {
            // Unauthorized: it had ended already.
            return TypedResults.Redirect(e.Status == HttpStatusCode.Unauthorized ? "/signin?done=signed-out" : "/signin?done=signed-out-here");
        }
    }

    private static RazorComponentResult Render(HttpContext context, SignInModel model, int status)
    {
        var frame = PageFrame.From(context) with { FormToken = FormToken.For(WebCookies.EnsureSignInSecret(context)) };
        return frame.Show<SignInView, SignInModel>(model, status);
    }
}

/// <param name="LinkToken">Of a one-time link; null: the form asks for a key.</param>
/// <param name="Return">Local path to go to afterwards.</param>
/// <param name="Problem">Why the last attempt failed.</param>
public sealed record SignInModel(string? LinkToken, string Return, string? Problem);
