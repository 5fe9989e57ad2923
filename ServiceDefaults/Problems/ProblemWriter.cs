using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace RagPlatform.ServiceDefaults.Problems;

/// <summary>The body of an error (RFC 9457).</summary>
public sealed record ProblemBody(
    string Type,
    string Title,
    int Status,
    string Detail,
    string Instance,
    string TraceId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, string[]>? Errors);

/// <summary>Writes problems, whatever the request accepts: a client that wants an event stream needs to read errors too.</summary>
public sealed class ProblemWriter
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        // Quotes and umlauts stay readable; the body is JSON and declared as such, never part of a page.
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The body for this request.</summary>
    public static ProblemBody BodyOf(HttpContext context, ProblemException problem)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(problem);
        return new ProblemBody(
            ProblemCatalog.TypeRoot + problem.Code,
            ProblemCatalog.TitleOf(problem.Code),
            ProblemCatalog.StatusOf(problem.Code) ?? StatusCodes.Status500InternalServerError,
            problem.Message,
            context.Request.Path.Value ?? "/",
            Activity.Current?.TraceId.ToString() ?? context.TraceIdentifier,
            problem.Errors);
    }

    /// <summary>The body as JSON, for an event stream that is already under way.</summary>
    public static string ToJson(ProblemBody body) => JsonSerializer.Serialize(body, Json);

    /// <summary>Answers with the problem. The response must not have started.</summary>
    public static Task WriteAsync(HttpContext context, ProblemException problem)
    {
        ArgumentNullException.ThrowIfNull(context);
        var body = BodyOf(context, problem);
        var response = context.Response;
        response.Clear();
        response.StatusCode = body.Status;
        response.Headers.CacheControl = "no-store";
        if (body.Status == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }

        if (problem.RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        return response.WriteAsJsonAsync(body, Json, "application/problem+json", context.RequestAborted);
    }
}
