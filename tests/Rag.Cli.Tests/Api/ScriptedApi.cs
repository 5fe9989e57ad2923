using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Rag.Cli.Tests.Api;

/// <summary>
/// An HTTP server on loopback that answers as docs/api.md says, from a script: what the commands print can be tested without the engine,
/// and answers that a healthy API never gives can be given.
/// </summary>
internal sealed class ScriptedApi : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentDictionary<string, Func<HttpListenerContext, string, Task>> _routes = new();
    private readonly Task _serving;

    public ScriptedApi()
    {
        Url = $"http://127.0.0.1:{FreePort()}";
        _listener.Prefixes.Add($"{Url}/");
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Url { get; }

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

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            _ = AnswerAsync(context);
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        var route = $"{context.Request.HttpMethod} {context.Request.Url!.AbsolutePath}";
        Requests.Enqueue(route);
        Bearers.Enqueue(context.Request.Headers["Authorization"]);
        try
        {
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
        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException or IOException or InvalidOperationException)
        {
            // The client hung up or the test is over.
        }
    }
}
