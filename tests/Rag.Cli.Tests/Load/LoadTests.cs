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
