using Rag.Cli.Tests.Api;

namespace Rag.Cli.Tests.Jobs;

public sealed class JobsTests
{
    private const string Id = "0196f000-0000-7000-8000-0000000000a1";
    private const string Gone = "0196f000-0000-7000-8000-0000000000a2";

    private const string Queue =
        """
        {"paused":"2026-01-02T03:04:05Z","queued":7,"running":2,"parked":1,"oldestAgeSeconds":130.5,
         "collections":[{"name":"papers","paused":"2026-01-02T03:00:00Z","queued":3,"running":0,"parked":1,"oldestAgeSeconds":12}]}
        """;

    private static readonly string Failed =
        $$"""
        {"items":[{"id":"{{Id}}","collection":"papers","documentId":"0196f000-0000-7000-8000-0000000000d1","documentName":"a.pdf","title":"Night\u001b[2J work",
         "state":"parked","stage":"extract","attempts":2,"losses":1,"problem":{"code":"corrupt-file","message":"The file ends in the middle."},
         "created":"2026-01-02T03:00:00Z","firstFailed":"2026-01-02T03:01:00Z","lastFailed":"2026-01-02T03:02:00Z","finished":"2026-01-02T03:02:00Z"}],"nextCursor":null}
        """;

    [Fact]
    public async Task The_list_says_how_the_queue_stands_and_what_failed_why_where_and_when()
    {
        await using var api = new ScriptedApi().OnJson("GET /v1/queue", Queue).OnJson("GET /v1/jobs/failed", Failed);

        var run = await CliRun.InvokeAsync(["jobs", "list", "--url", api.Url]);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("Queue: 7 waiting, the oldest for 2 min, 2 in work, 1 failed.", run.Output, StringComparison.Ordinal);
        Assert.Contains("The whole queue is paused since 2026-01-02 03:04:05Z. './rag jobs resume'", run.Output, StringComparison.Ordinal);
        Assert.Contains("Collection papers is paused since 2026-01-02 03:00:00Z. './rag jobs resume -c papers'", run.Output, StringComparison.Ordinal);
        Assert.Contains("Night\uFFFD[2J work  (papers)", run.Output, StringComparison.Ordinal);
        Assert.Contains("The file ends in the middle.", run.Output, StringComparison.Ordinal);
        Assert.Contains("stage extract, 2 attempts, its worker ended once, first 2026-01-02 03:01:00Z, last 2026-01-02 03:02:00Z", run.Output, StringComparison.Ordinal);
        Assert.Contains(Id, run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_failed_work_is_said_in_words()
    {
        await using var api = new ScriptedApi()
            .OnJson("GET /v1/queue", """{"paused":null,"queued":0,"running":0,"parked":0,"oldestAgeSeconds":0,"collections":[]}""")
            .OnJson("GET /v1/jobs/failed", """{"items":[],"nextCursor":null}""");

        var run = await CliRun.InvokeAsync(["jobs", "list", "-c", "papers", "--url", api.Url]);

        Assert.Equal(["Queue of papers: 0 waiting, 0 in work, 0 failed.", "No failed work."], run.Output.TrimEnd().ReplaceLineEndings("\n").Split('\n'));
    }

    [Fact]
    public async Task One_that_is_gone_does_not_keep_the_others_from_their_retry()
    {
        await using var api = new ScriptedApi().OnJson($"POST /v1/jobs/{Id}/retry", "", 204).OnProblem($"POST /v1/jobs/{Gone}/retry", 404, "job-not-found", "It is gone.");

        var run = await CliRun.InvokeAsync(["jobs", "retry", Gone, Id, "--url", api.Url]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"{Gone}: It is gone.", run.Error, StringComparison.Ordinal);
        Assert.Equal("1 document is in the queue again.", run.Output.Trim());
    }

    [Fact]
    public async Task All_is_asked_for_in_so_many_words_and_may_be_one_collection()
    {
        await using var api = new ScriptedApi()
            .OnJson("POST /v1/jobs/failed/retry", """{"retried":12}""")
            .OnJson("POST /v1/jobs/failed/discard", """{"discarded":1}""");

        var retried = await CliRun.InvokeAsync(["jobs", "retry", "--all", "--url", api.Url]);
        var discarded = await CliRun.InvokeAsync(["jobs", "discard", "--all", "-c", "papers", "--url", api.Url]);

        Assert.Equal("12 documents are in the queue again.", retried.Output.Trim());
        Assert.Equal("1 failed job was discarded.", discarded.Output.Trim());
        Assert.Equal(["{}", """{"collection":"papers"}"""], api.Bodies);
    }

    [Theory]
    [InlineData("retry")]
    [InlineData("discard", "--all", Id)]
    [InlineData("discard", Id, "-c", "papers")]
    public async Task Which_jobs_are_meant_has_to_be_said(params string[] args)
    {
        var run = await CliRun.InvokeAsync(["jobs", .. args, "--url", "http://127.0.0.1:9"]);

        Assert.Equal(2, run.ExitCode);
        // What helps is a command that there is.
        Assert.Contains($"'./rag jobs {args[0]} --help'", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pause_and_resume_say_how_the_queue_stands_then()
    {
        await using var api = new ScriptedApi()
            .OnJson("POST /v1/queue/pause", Queue)
            .OnJson("POST /v1/collections/papers/queue/resume", Queue.Replace("\"paused\":\"2026-01-02T03:00:00Z\"", "\"paused\":null", StringComparison.Ordinal));

        var paused = await CliRun.InvokeAsync(["jobs", "pause", "--url", api.Url]);
        var resumed = await CliRun.InvokeAsync(["jobs", "resume", "-c", "papers", "--url", api.Url]);

        Assert.Equal((0, 0), (paused.ExitCode, resumed.ExitCode));
        Assert.Contains("The whole queue is paused", paused.Output, StringComparison.Ordinal);
        Assert.Contains("Queue of papers: 3 waiting", resumed.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Collection papers is paused", resumed.Output, StringComparison.Ordinal);
    }
}
