using System.Text.Json;
using Rag.Cli.Tests.Api;

namespace Rag.Cli.Tests.Load;

[Collection(Platform.Name)]
public sealed class LoadTests(Platform platform)
{
    private string[] Short => ["load", platform.Url, "--key-file", platform.KeyFile, "--rate", "20", "--warm-up", "500ms", "--duration", "2s"];

    [Fact]
    public async Task A_collection_is_made_asked_and_removed_and_kept_limits_pass()
    {
        var run = await CliRun.InvokeAsync([.. Short, "--ask", "30", "--p95", "1m", "--p99", "1m", "--errors", "0%", "--json"]);

        Assert.True(run.ExitCode == 0, run.Output + run.Error);
        using var json = JsonDocument.Parse(run.Output);
        var rows = json.RootElement.GetProperty("figures").EnumerateArray().ToDictionary(static row => row.GetProperty("name").GetString()!);
        Assert.Equal(["search", "ask", "all"], rows.Keys);
        Assert.Equal(rows["all"].GetProperty("requests").GetInt32(), rows["search"].GetProperty("requests").GetInt32() + rows["ask"].GetProperty("requests").GetInt32());
        Assert.InRange(rows["all"].GetProperty("requests").GetInt32(), 20, 65);
        Assert.True(rows["all"].GetProperty("p50Ms").GetDouble() <= rows["all"].GetProperty("p99Ms").GetDouble());
        Assert.Equal(0, rows["all"].GetProperty("failed").GetInt32());
        Assert.True(json.RootElement.GetProperty("passed").GetBoolean());
        Assert.DoesNotContain((await platform.Client.ListCollectionsAsync()).Items, static one => one.Name.StartsWith("load-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_limit_that_nobody_can_keep_fails_with_what_was_measured()
    {
        var run = await CliRun.InvokeAsync([.. Short, "--p95", "0.001ms"]);

        Assert.Equal(1, run.ExitCode);
        Assert.Matches(@"(?m)^FAILED  p95: [0-9.]+ ms, allowed: 0 ms\s*$", run.Output);
        Assert.Matches(@"(?m)^all +\d+ +0\.00%", run.Output);
    }

    [Fact]
    public async Task Refused_requests_are_counted_by_their_code()
    {
        await using var api = new ScriptedApi()
            .OnJson("GET /v1/collections/handbook", ApiShapes.Collection("handbook"))
            .OnProblem("POST /v1/collections/handbook/search", 429, "rate-limited", "Slower.");
        using var folder = new TemporaryFolder();

        var run = await CliRun.InvokeAsync(
            ["load", "--url", api.Url, "-c", "handbook", "--queries", folder.File("queries.txt", "one\n\ntwo\n"), "--ask", "0", "--rate", "50", "--warm-up", "0s", "--duration", "1s", "--errors", "5%"]);

        Assert.Equal(1, run.ExitCode);
        Assert.Matches(@"(?m)^\d+ x rate-limited\s*$", run.Output);
        Assert.Contains("FAILED  errors: 100%, allowed: 5%", run.Output, StringComparison.Ordinal);
        Assert.Contains("FAILED  answered", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(api.Requests, static request => request.StartsWith("DELETE", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_that_answers_one_in_fifty_does_not_pass_although_its_answers_are_quick()
    {
        var count = 0;
        await using var api = new ScriptedApi()
            .OnJson("GET /v1/collections/handbook", ApiShapes.Collection("handbook"))
            .On("POST /v1/collections/handbook/search", (context, _) => Interlocked.Increment(ref count) % 50 == 1
                ? ScriptedApi.WriteAsync(context, """{"query":"q","mode":"lexical","stale":false,"notice":null,"evidence":[],"took":{"totalMs":1,"retrieveMs":1,"verifyMs":0}}""")
                : ScriptedApi.WriteAsync(context, """{"status":503,"detail":"Busy."}""", 503, "application/problem+json"));
        using var folder = new TemporaryFolder();

        var run = await CliRun.InvokeAsync(
            ["load", "--url", api.Url, "-c", "handbook", "--queries", folder.File("queries.txt", "one\n"), "--ask", "0", "--rate", "100", "--warm-up", "0s", "--duration", "1s", "--p95", "10s", "--p99", "20s"]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("ok      answered", run.Output, StringComparison.Ordinal);
        Assert.Contains("FAILED  p95: not answered, allowed: 10000 ms", run.Output, StringComparison.Ordinal);
        Assert.Matches(@"FAILED  errors: 9\d(\.\d+)?%, allowed: 1%", run.Output);
    }

    [Fact]
    public async Task A_collection_whose_making_was_answered_too_late_is_removed_all_the_same()
    {
        await using var api = new ScriptedApi();
        using var patience = new CancellationTokenSource();
        api.On("POST /v1/collections", async (context, body) =>
        {
            var name = System.Text.Json.JsonDocument.Parse(body).RootElement.GetProperty("name").GetString()!;
            api.On($"DELETE /v1/collections/{name}", static (removal, _) => ScriptedApi.WriteAsync(removal, "", 204));
            await patience.CancelAsync();
            await Task.Delay(TimeSpan.FromSeconds(1));
            await ScriptedApi.WriteAsync(context, ApiShapes.Collection(name), 201);
        });

        var run = await CliRun.InvokeAsync(["load", api.Url], cancellationToken: patience.Token);

        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains(api.Requests, static request => request.StartsWith("DELETE /v1/collections/load-", StringComparison.Ordinal));
        Assert.DoesNotContain("could not be removed", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--rate", "0")]
    [InlineData("--clients", "0")]
    [InlineData("--ask", "101")]
    [InlineData("--p95", "500")]
    [InlineData("--errors", "5")]
    [InlineData("--duration", "0s")]
    public async Task A_wrong_option_is_refused_before_anything_is_sent(string option, string value)
    {
        await using var api = new ScriptedApi();

        var run = await CliRun.InvokeAsync(["load", api.Url, option, value]);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(option, run.Error, StringComparison.Ordinal);
        Assert.Empty(api.Requests);
    }
}
