using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Rag.Client.Tests;

/// <summary>A server on loopback that answers as a test says and remembers what it was asked.</summary>
internal sealed class ScriptedApi : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ScriptedApi(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.Single());

    public ConcurrentQueue<(string Method, string PathAndQuery, string? Authorization)> Requests { get; } = new();

    public static async Task<ScriptedApi> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var api = new ScriptedApi(app);
        app.Run(context =>
        {
            var request = context.Request;
            // As sent: the decoded path would hide how the client escaped it.
            api.Requests.Enqueue((request.Method, context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget, request.Headers.Authorization.FirstOrDefault()));
            return answer(context);
        });
        await app.StartAsync();
        return api;
    }

    public static Task<ScriptedApi> AnsweringAsync(string body, int status = 200, string contentType = "application/json") => StartAsync(context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        return context.Response.WriteAsync(body);
    });

    public RagClient Client(string? key = "a-key") => RagClient.Create(Address, key);

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
