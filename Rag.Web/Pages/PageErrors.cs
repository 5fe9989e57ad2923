using System.Diagnostics;
using System.Net;
using Rag.Client;
using Rag.Web.Security;

namespace Rag.Web.Pages;

/// <summary>Turns what went wrong while a page was made into a page that says so.</summary>
internal static partial class PageErrors
{
    public static void UsePageErrors(this IApplicationBuilder app) =>
        app.Use(static async (context, next) =>
        {
            try
            {
                await next(context);
            }
            catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
            {
                // Nobody is there to read it.
            }
            catch (RagApiException e) when (!context.Response.HasStarted)
            {
                IResult page = e.Status == HttpStatusCode.Unauthorized
                    ? TypedResults.Redirect(ReturnUrl.SignInFor(context.Request))
                    : Describe(e, context.Request);
                await ShowAsync(context, page);
            }
            catch (Exception e) when (e is BadHttpRequestException or InvalidDataException && !context.Response.HasStarted)
            {
                await RefuseAsync(context, (e as BadHttpRequestException)?.StatusCode ?? StatusCodes.Status400BadRequest);
            }
            catch (Exception e) when (!context.Response.HasStarted && !context.Request.Path.StartsWithSegments("/app"))
            {
                // The boundary: whatever it was, the reader gets words and the log gets the exception.
                var logger = context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(PageErrors));
                LogFailed(logger, e, context.Request.Method, context.Request.Path);
                await ShowAsync(context, Unexpected(context));
            }
        });

    /// <summary>The page for a problem that the API reported.</summary>
    public static MessagePage Describe(RagApiException problem, HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(request);
        var again = HttpMethods.IsGet(request.Method)
            ? new MessageAction("Try again", request.Path + request.QueryString)
            : MessageAction.ToCollections;
        return (problem.Code, (int)problem.Status) switch
        {
            (RagApiException.Unreachable, _) => new MessagePage(
                503,
                "The service is not answering",
                "The part of RagPlatform that keeps the documents cannot be reached right now. It may be starting; nothing is lost.",
                again),
            (_, 503) => new MessagePage(503, "Not available right now", problem.Message, again),
            (_, 404) => new MessagePage(404, problem.Problem.Title ?? "Not found", problem.Message, MessageAction.ToCollections),
            (_, 403) => new MessagePage(403, "Your key does not allow this", problem.Message, MessageAction.ToCollections),
            (_, 429) => new MessagePage(429, "Too many requests", problem.Message, again),
            (_, >= 400 and < 500) => new MessagePage((int)problem.Status, problem.Problem.Title ?? "That did not work", problem.Message, again),
            _ => new MessagePage(502, "Something went wrong", problem.Message, again),
        };
    }

    private static Task RefuseAsync(HttpContext context, int status)
    {
        var isAddress = HttpMethods.IsGet(context.Request.Method);
        if (context.Request.Path.StartsWithSegments("/app"))
        {
            return Problems.WriteAsync(
                context,
                status,
                status == StatusCodes.Status413PayloadTooLarge ? "body-too-large" : "invalid-request",
                "Invalid request",
                isAddress ? "A value in the address is not of its kind: 'start' and 'end' are whole numbers." : "The body was too large or came broken. Send it again.");
        }

        return ShowAsync(context, isAddress
            ? new MessagePage(
                status, "This address is not complete or not right", "A value in it is not of its kind, for example letters where a number belongs.", MessageAction.ToCollections)
            : new MessagePage(
                status, "That did not arrive as it should", "The form was too large or came broken. Go back and send it again.", MessageAction.ToCollections));
    }

    // Whatever the failed page had put into the response goes first.
    private static Task ShowAsync(HttpContext context, IResult page)
    {
        context.Response.Clear();
        SecurityHeaders.Set(context.Response);
        return page.ExecuteAsync(context);
    }

    private static MessagePage Unexpected(HttpContext context) => new(
        500,
        "Something went wrong here",
        $"The reason is in the log of this service under the number {Activity.Current?.TraceId.ToString() ?? context.TraceIdentifier}.",
        MessageAction.ToCollections);

    [LoggerMessage(3, LogLevel.Error, "{Method} {Path} failed")]
    private static partial void LogFailed(ILogger logger, Exception exception, string method, string path);
}
