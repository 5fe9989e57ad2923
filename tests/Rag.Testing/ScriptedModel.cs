using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Rag.Testing;

/// <summary>
/// Speaks the OpenAI protocol on loopback and says what the test tells it to: streamed chat completions a few characters at a time,
/// embeddings, and failures.
/// </summary>
public sealed class ScriptedModel : LoopbackServer
{
    /// <summary>Root of its API.</summary>
    public Uri BaseUrl => new($"http://{Address}/v1");

    /// <summary>What it answers to the next chat requests.</summary>
    public string Answer { get; set; } = "";

    /// <summary>Anything but 200 is answered with this status and nothing else.</summary>
    public int Status { get; set; } = 200;

    /// <summary>Breaks the connection after so many characters.</summary>
    public int? BreakAfter { get; set; }

    /// <summary>Length of the vectors it makes.</summary>
    public int Dimensions { get; set; } = 8;

    /// <summary>Bodies of the requests so far.</summary>
    public List<JsonNode> Requests { get; } = [];

    /// <inheritdoc/>
    protected override async Task AnswerAsync(HttpListenerContext context)
    {
        using var reader = new StreamReader(context.Request.InputStream);
        var body = JsonNode.Parse(await reader.ReadToEndAsync())!;
        lock (Requests)
        {
            Requests.Add(body);
        }

        if (Status != 200)
        {
            context.Response.StatusCode = Status;
            context.Response.Close();
        }
        else if (context.Request.Url!.AbsolutePath.EndsWith("/embeddings", StringComparison.Ordinal))
        {
            await EmbedAsync(context.Response, body);
        }
        else
        {
            await ChatAsync(context.Response);
        }
    }

    private async Task ChatAsync(HttpListenerResponse response)
    {
        response.ContentType = "text/event-stream";
        response.SendChunked = true;
        var sent = 0;
        foreach (var piece in Answer.Chunk(5))
        {
            if (sent >= BreakAfter)
            {
                response.Abort();
                return;
            }

            sent += piece.Length;
            await WriteAsync(response, Event(new JsonArray(new JsonObject
            {
                ["index"] = 0, ["delta"] = new JsonObject { ["role"] = "assistant", ["content"] = new string(piece) }, ["finish_reason"] = null,
            })));
        }

        await WriteAsync(response, Event(new JsonArray(new JsonObject { ["index"] = 0, ["delta"] = new JsonObject(), ["finish_reason"] = "stop" })));
        await WriteAsync(response, Event([], new JsonObject { ["prompt_tokens"] = 11, ["completion_tokens"] = 7, ["total_tokens"] = 18 }));
        await WriteAsync(response, "data: [DONE]\n\n");
        response.Close();
    }

    private async Task EmbedAsync(HttpListenerResponse response, JsonNode body)
    {
        var data = new JsonArray();
        foreach (var (text, index) in body["input"]!.AsArray().Select(static (t, i) => ((string)t!, i)))
        {
            var vector = Enumerable.Range(0, Dimensions).Select(i => (float)(text.Length % (i + 2))).ToArray();
            data.Add(new JsonObject
            {
                ["object"] = "embedding",
                ["index"] = index,
                ["embedding"] = Convert.ToBase64String(System.Runtime.InteropServices.MemoryMarshal.AsBytes(vector.AsSpan())),
            });
        }

        var answer = new JsonObject { ["object"] = "list", ["model"] = "scripted", ["data"] = data, ["usage"] = new JsonObject { ["prompt_tokens"] = 1, ["total_tokens"] = 1 } };
        response.ContentType = "application/json";
        await WriteAsync(response, answer.ToJsonString());
        response.Close();
    }

    private static string Event(JsonArray choices, JsonObject? usage = null)
    {
        var update = new JsonObject { ["id"] = "c1", ["object"] = "chat.completion.chunk", ["created"] = 1, ["model"] = "scripted", ["choices"] = choices, ["usage"] = usage };
        return $"data: {update.ToJsonString(JsonSerializerOptions.Default)}\n\n";
    }

    private static async Task WriteAsync(HttpListenerResponse response, string text)
    {
        await response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(text));
        await response.OutputStream.FlushAsync();
    }
}
