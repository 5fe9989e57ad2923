using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Rag.Testing;

namespace Rag.Cli.Tests.Api;

/// <summary>
/// An HTTP server on loopback that answers as docs/api.md says, from a script: what the commands print can be tested without the engine,
/// and answers that a healthy API never gives can be given.
/// </summary>
internal sealed class ScriptedApi : LoopbackServer
{
    private readonly ConcurrentDictionary<string, Func<HttpListenerContext, string, Task>> _routes = new();

    public string Url => $"http://{Address}";

    /// <summary>Method and path of every request, in order.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>The bearers that came.</summary>
    public ConcurrentQueue<string?> Bearers { get; } = new();

    public ConcurrentQueue<string> Bodies { get; } = new();

    public ScriptedApi On(string route, Func<HttpListenerContext, string, Task> answer)
    {
        _routes[route] = answer;
        return this;
    }

    public ScriptedApi OnJson(string route, string json, int status = 200, string mediaType = "application/json") =>
        On(route, (context, _) => WriteAsync(context, json, status, mediaType));

    public ScriptedApi OnProblem(string route, int status, string code, string detail) =>
        OnJson(route, $$"""{"type":"https://ragplatform.dev/problems/{{code}}","title":"t","status":{{status}},"detail":"{{detail}}"}""", status, "application/problem+json");

    public static async Task WriteAsync(HttpListenerContext context, string text, int status = 200, string mediaType = "application/json")
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = mediaType;
        await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(text));
        context.Response.Close();
    }

    /// <summary>The value of a form field, or the file name of the part named <c>file</c>.</summary>
    public static string? Field(string multipart, string name)
    {
        var match = name == "file"
            ? Regex.Match(multipart, "name=\"?file\"?; filename=\"?([^\";\r\n]+)")
            : Regex.Match(multipart, $"name=\"?{name}\"?\r\n(?:[^\r\n]+\r\n)*\r\n([^\r\n]*)");
        return match.Success ? match.Groups[1].Value : null;
    }

    protected override async Task AnswerAsync(HttpListenerContext context)
    {
        var route = $"{context.Request.HttpMethod} {context.Request.Url!.AbsolutePath}";
        Requests.Enqueue(route);
        Bearers.Enqueue(context.Request.Headers["Authorization"]);
        using var reader = new StreamReader(context.Request.InputStream, Encoding.UTF8);
        var body = await reader.ReadToEndAsync();
        Bodies.Enqueue(body);
        if (_routes.TryGetValue(route, out var answer))
        {
            await answer(context, body);
        }
        else
        {
            await WriteAsync(context, """{"type":"https://ragplatform.dev/problems/not-found","status":404,"detail":"Not scripted."}""", 404, "application/problem+json");
        }
    }
}
