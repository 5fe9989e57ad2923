using Rag.Cli.Tests.Api;

namespace Rag.Cli.Tests.Smoke;

[Collection(Platform.Name)]
public sealed class SmokeTests(Platform platform)
{
    [Fact]
    public async Task A_document_goes_through_the_whole_platform_and_nothing_is_left()
    {
        var run = await CliRun.InvokeAsync(["smoke", platform.Url, "--key-file", platform.KeyFile, "--wait", "60s"]);

        Assert.True(run.ExitCode == 0, run.Output + run.Error);
        var lines = run.Output.TrimEnd().Split('\n');
        Assert.Equal(
            ["reach the API", "create a collection", "upload a document", "wait until it is ready", "search", "ask, and check the citation", "remove the collection"],
            lines.Select(static line => line["ok      ".Length..line.IndexOf(':', StringComparison.Ordinal)]));
        Assert.All(lines, static line => Assert.StartsWith("ok      ", line, StringComparison.Ordinal));
        Assert.Empty((await platform.Client.ListCollectionsAsync()).Items);
    }

    [Fact]
    public async Task A_wrong_key_is_said_and_nothing_else_is_tried()
    {
        using var folder = new TemporaryFolder();

        var run = await CliRun.InvokeAsync(["smoke", platform.Url, "--key-file", folder.File("key", "not-the-key-of-anybody-0123456789"), "--wait", "30s"]);

        Assert.Equal(3, run.ExitCode);
        Assert.StartsWith("FAILED  reach the API: ", Assert.Single(run.Output.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.DoesNotContain("not-the-key-of-anybody", run.Output + run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_API_that_never_comes_is_waited_for_no_longer_than_told()
    {
        string url;
        await using (var gone = new ScriptedApi())
        {
            url = gone.Url;
        }

        var run = await CliRun.InvokeAsync(["smoke", url, "--wait", "1s"]);

        Assert.Equal(3, run.ExitCode);
        Assert.Contains("FAILED  reach the API", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_quotation_that_does_not_stand_in_the_document_fails_and_the_collection_goes_all_the_same()
    {
        await using var api = Answering("the lamp is lit at noon");

        var run = await CliRun.InvokeAsync(["smoke", api.Url, "--wait", "10s"]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("FAILED  ask, and check the citation: The citation says \"the lamp is lit at noon\"", run.Output, StringComparison.Ordinal);
        Assert.Contains(api.Requests, static request => request.StartsWith("DELETE /v1/collections/smoke-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_quotation_that_stands_there_passes()
    {
        await using var api = Answering("Its lamp is lit at dusk.");

        var run = await CliRun.InvokeAsync(["smoke", api.Url, "--wait", "10s"]);

        Assert.True(run.ExitCode == 0, run.Output);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_collection_whose_making_was_answered_too_late_or_refused_is_removed_all_the_same(bool isMade)
    {
        await using var api = new ScriptedApi().OnJson("GET /v1/collections", """{"items":[],"nextCursor":null}""");
        api.On("POST /v1/collections", async (context, body) =>
        {
            var name = System.Text.Json.JsonDocument.Parse(body).RootElement.GetProperty("name").GetString()!;
            api.On($"DELETE /v1/collections/{name}", (removal, _) => isMade
                    ? ScriptedApi.WriteAsync(removal, "", 204)
                    : ScriptedApi.WriteAsync(removal, """{"type":"https://ragplatform.dev/problems/collection-not-found","status":404,"detail":"There is none."}""", 404, "application/problem+json"))
                .OnProblem($"GET /v1/collections/{name}", 404, "collection-not-found", "There is none.");
            await Task.Delay(TimeSpan.FromSeconds(2));
            await ScriptedApi.WriteAsync(context, ApiShapes.Collection(name), 201);
        });

        var run = await CliRun.InvokeAsync(["smoke", api.Url, "--wait", "1s"]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("FAILED  create a collection: it did not happen within", run.Output, StringComparison.Ordinal);
        Assert.Contains(api.Requests, static request => request.StartsWith("DELETE /v1/collections/smoke-", StringComparison.Ordinal));
        Assert.Contains("ok      remove the collection: it is gone", run.Output, StringComparison.Ordinal);
    }

    /// <summary>An API that takes the test's document and answers with a quotation of its own making.</summary>
    private static ScriptedApi Answering(string quote)
    {
        const string Text = "Its lamp is lit at dusk.";
        var document = Guid.Parse("0196f000-0000-7000-8000-0000000000d1");
        var api = new ScriptedApi();
        var fact = "";
        api.OnJson("GET /v1/collections", """{"items":[],"nextCursor":null}""");
        api.On("POST /v1/collections", async (context, body) =>
        {
            var name = System.Text.Json.JsonDocument.Parse(body).RootElement.GetProperty("name").GetString()!;
            var root = $"/v1/collections/{name}";
            api.OnJson($"GET {root}/documents/{document}", ApiShapes.Document(document, "ready"))
                .OnJson($"GET {root}/documents/{document}/text", $$"""{"documentId":"{{document}}","generation":1,"text":"{{Text}}","length":{{Text.Length}},"start":0}""")
                .On($"POST {root}/documents", async (upload, sent) =>
                {
                    fact = System.Text.RegularExpressions.Regex.Match(sent, "colour ([0-9a-f]{10})").Groups[1].Value;
                    await ScriptedApi.WriteAsync(upload, $$"""{"items":[{"name":"smoke.md","status":"queued","id":"{{document}}","problem":null}]}""", 202);
                })
                .On($"POST {root}/search", (search, _) => ScriptedApi.WriteAsync(
                    search, $$"""{"query":"q","mode":"lexical","stale":false,"notice":null,"evidence":[{{ApiShapes.Evidence(1, $"painted in colour {fact}")}}],"took":{"totalMs":1,"retrieveMs":1,"verifyMs":0} }"""))
                .On($"POST {root}/ask", (ask, _) => ScriptedApi.WriteAsync(
                    ask, $$"""{"question":"q","answer":"So. [1]","found":true,"model":"m","citations":[{{ApiShapes.Citation(1, quote)}}],"evidence":[],"stale":false,"notice":null,"usage":null}"""))
                .On($"DELETE {root}", (removal, _) => ScriptedApi.WriteAsync(removal, "", 204))
                .OnProblem($"GET {root}", 404, "collection-not-found", "There is none.");
            await ScriptedApi.WriteAsync(context, ApiShapes.Collection(name), 201);
        });
        return api;
    }
}
