using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Rag.Api.Tests.Support;
using Rag.Client;
using Rag.Testing;

namespace Rag.Api.Tests;

/// <summary>Answers that do not come to their end, with a scripted model behind the OpenAI-compatible endpoint and the real worker.</summary>
[Collection(Postgres.Name)]
public sealed class AskStreamTests(PostgresFixture postgres)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task When_the_reader_goes_the_model_is_told_to_stop()
    {
        var arrived = new TaskCompletionSource();
        var gone = new TaskCompletionSource();
        await using var model = await ModelAsync(async context =>
        {
            arrived.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            gone.TrySetResult();
        });
        await using var api = await StartAsync(model);
        await AddAsync(api);

        using (var reader = new CancellationTokenSource())
        {
            using var response = await AskAsync(api, reader.Token);
            Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
            // A model takes its time, longer than a process that stops can wait before it closes the connection.
            Assert.True(response.Headers.ConnectionClose);
            await arrived.Task.WaitAsync(Limit);
            await reader.CancelAsync();
        }

        await gone.Task.WaitAsync(Limit);
    }

    [Fact]
    public async Task A_model_that_breaks_off_ends_the_stream_with_an_error_and_not_as_if_it_were_done()
    {
        var shown = new TaskCompletionSource();
        await using var model = await ModelAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            for (var i = 0; i < 20; i++)
            {
                await context.Response.WriteAsync($"data: {Chunk("It opens at seven [[1|The bakery opens at seven in the morning]]. ")}\n\n");
                await context.Response.Body.FlushAsync();
            }

            // Not before some of it was shown: until then the extractive answer takes over, which is another story.
            await shown.Task.WaitAsync(Limit);
            context.Abort();
        });
        await using var api = await StartAsync(model);
        await AddAsync(api);
        var steps = new List<AskEvent>();
        using var spans = new Spans();

        var failure = await Assert.ThrowsAsync<RagApiException>(async () =>
        {
            await foreach (var step in api.Client().AskStreamAsync("bakery", new AskRequest("When does the bakery open?")))
            {
                steps.Add(step);
                if (step is AskEvent.Delta)
                {
                    shown.TrySetResult();
                }
            }
        });

        Assert.Equal("model-away", failure.Code);
        Assert.NotEmpty(failure.Problem.TraceId!);
        Assert.IsType<AskEvent.Found>(steps[0]);
        Assert.DoesNotContain(steps, static step => step is AskEvent.Done);

        // The call of the model comes after the first event, in another step of the answer: it is a part of the question all the same.
        var server = await spans.FirstAsync("Microsoft.AspNetCore", static span => span.DisplayName == "POST /v1/collections/{name}/ask");
        var ask = await spans.FirstAsync("Rag.Answering", span => span.TraceId == server.TraceId);
        var search = await spans.FirstAsync("Rag.Retrieval", span => span.TraceId == server.TraceId);
        var port = new Uri(model.Urls.Single()).Port;
        var call = await spans.FirstAsync("System.Net.Http", span => span.GetTagItem("server.port") is int called && called == port);
        Assert.Equal(server.SpanId, ask.ParentSpanId);
        Assert.Equal([ask.SpanId, ask.SpanId], [search.ParentSpanId, call.ParentSpanId]);
        Assert.Equal((ActivityStatusCode.Error, "model-away"), (ask.Status, ask.GetTagItem("error.type")));
        Assert.Equal((ActivityStatusCode.Error, "model-away"), (server.Status, server.GetTagItem("error.type")));
    }

    private async Task<ApiHost> StartAsync(WebApplication model) => await ApiHost.StartReadyAsync(
        await postgres.CreateDatabaseAsync(),
        new Dictionary<string, string> { ["Rag:Chat:BaseUrl"] = $"{model.Urls.Single()}/v1", ["Rag:Chat:Model"] = "scripted", ["Rag:Chat:ApiKey"] = "none" });

    private static async Task AddAsync(ApiHost api)
    {
        await using var worker = ServiceProcess.Start("Rag.Ingest", "rag-ingest", new Dictionary<string, string>
        {
            ["ConnectionStrings__ragdb"] = api.ConnectionString,
            ["Rag__Blobs__Path"] = api.BlobPath,
        });
        var client = api.Client();
        Assert.Equal("scripted", (await client.GetVersionAsync()).Chat.Model);
        await client.CreateCollectionAsync(new CreateCollection("bakery"));
        var id = (await client.AddTextAsync("bakery", new TextDocument("The bakery opens at seven in the morning."))).Items[0].Id!.Value;
        await Eventually.TrueAsync(
            async () => (await client.GetDocumentAsync("bakery", id)).Status == DocumentStatus.Ready, Limit, $"the document is ready; the worker said: {worker.Output}");
    }

    private static async Task<HttpResponseMessage> AskAsync(ApiHost api, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/collections/bakery/ask") { Content = Json.Body(new { question = "When does the bakery open?" }) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", ApiHost.Key);
        request.Headers.Accept.ParseAdd("text/event-stream");
        var response = await api.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[4096];
        var text = new StringBuilder();
        while (!text.ToString().Contains("event: evidence", StringComparison.Ordinal))
        {
            var read = await stream.ReadAsync(buffer, cancellationToken);
            Assert.True(read > 0, $"The stream ended after: {text}");
            text.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }

        return response;
    }

    private static string Chunk(string content) => JsonSerializer.Serialize(new
    {
        id = "c",
        @object = "chat.completion.chunk",
        created = 0,
        model = "scripted",
        choices = new[] { new { index = 0, delta = new { role = "assistant", content }, finish_reason = (string?)null } },
    });

    private static async Task<WebApplication> ModelAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync();
        return app;
    }
}
