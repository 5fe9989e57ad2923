using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Rag.Api.Tests.Support;

/// <summary>An OpenAI-compatible embedding endpoint on loopback that counts the texts it was sent.</summary>
internal sealed class EmbeddingModel : IAsyncDisposable
{
    public const int Dimensions = 8;

    private readonly WebApplication _app;
    private int _texts;

    private EmbeddingModel(WebApplication app) => _app = app;

    public string BaseUrl => $"{_app.Urls.Single()}/v1";

    /// <summary>How many texts were embedded so far.</summary>
    public int Texts => Volatile.Read(ref _texts);

    public static async Task<EmbeddingModel> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var model = new EmbeddingModel(app);
        app.Run(model.AnswerAsync);
        await app.StartAsync();
        return model;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var body = (await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted))!;
        var texts = body["input"]!.AsArray().Select(static text => (string)text!).ToList();
        Interlocked.Add(ref _texts, texts.Count);
        var data = new JsonArray([.. texts.Select(static (text, index) => new JsonObject
        {
            ["object"] = "embedding",
            ["index"] = index,
            ["embedding"] = Convert.ToBase64String(MemoryMarshal.AsBytes(VectorOf(text))),
        })]);
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(
            new JsonObject { ["object"] = "list", ["model"] = "counted", ["data"] = data, ["usage"] = new JsonObject { ["prompt_tokens"] = 1, ["total_tokens"] = 1 } }.ToJsonString());
    }

    private static Span<float> VectorOf(string text) => Enumerable.Range(0, Dimensions).Select(i => 1f + (text.Length % (i + 2))).ToArray();
}
