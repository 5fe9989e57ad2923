using System.Text.Json;
using Rag.Cli.Tests.Api;

namespace Rag.Cli.Tests.Evaluation;

public sealed class EvalTests : IDisposable
{
    private const string Collection = "/v1/collections/eval-tiny";

    private readonly TemporaryFolder _root = new();
    private readonly string _folder;

    public EvalTests()
    {
        _root.File("tiny/corpus.jsonl", """
            {"_id": "d1", "title": "One", "text": "first"}
            {"_id": "d2", "title": "", "text": ""}
            """);
        _root.File("tiny/queries.jsonl", """{"_id": "q1", "text": "which?"}""");
        _root.File("tiny/qrels.tsv", "query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td2\t1\n");
        _folder = Path.Combine(_root.Path, "tiny");
    }

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task Chunks_become_documents_and_the_measures_follow()
    {
        await using var api = Api("lexical", notice: null, failed: 0);
        var run = await CliRun.InvokeAsync(["eval", _folder, "--url", api.Url, "--mode", "lexical", "--json"]);

        Assert.True(run.ExitCode == 0, run.Error);
        using var json = JsonDocument.Parse(run.Output);
        var row = Assert.Single(json.RootElement.GetProperty("results").EnumerateArray());
        // Passages of x, d1, x, d1, d2: documents x, d1, d2.
        var ideal = 1 + (1 / Math.Log2(3));
        Assert.Equal(((1 / Math.Log2(3)) + (1 / Math.Log2(4))) / ideal, row.GetProperty("ndcg10").GetDouble(), 6);
        Assert.Equal(1, row.GetProperty("recall100").GetDouble());
        Assert.Equal(0.5, row.GetProperty("mrr10").GetDouble());
        var sent = api.Bodies.Where(body => body.Contains("sourceId", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, sent.Count);
        Assert.Contains(sent, body => body.Contains("\"d2\"", StringComparison.Ordinal));
        Assert.Contains($"DELETE {Collection}", api.Requests);
    }

    [Fact]
    public async Task A_collection_that_is_there_with_documents_is_neither_filled_nor_deleted()
    {
        await using var api = Api("lexical", notice: null, failed: 0, exists: true);
        var run = await CliRun.InvokeAsync(["eval", _folder, "--url", api.Url]);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("'eval-tiny' is there already and holds 3 documents", run.Error, StringComparison.Ordinal);
        Assert.Contains("--keep", run.Error, StringComparison.Ordinal);
        Assert.All(api.Requests, request => Assert.StartsWith("GET ", request, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_collection_that_was_kept_is_used_again_and_stays()
    {
        await using var api = Api("lexical", notice: null, failed: 0, exists: true);
        var run = await CliRun.InvokeAsync(["eval", _folder, "--url", api.Url, "--mode", "lexical", "--keep"]);

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.DoesNotContain($"DELETE {Collection}", api.Requests);
    }

    [Fact]
    public async Task A_collection_that_was_empty_before_is_not_deleted()
    {
        await using var api = Api("lexical", notice: null, failed: 0, exists: true, total: 0);
        var run = await CliRun.InvokeAsync(["eval", _folder, "--url", api.Url, "--mode", "lexical"]);

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.DoesNotContain($"DELETE {Collection}", api.Requests);
    }

    [Fact]
    public async Task A_failed_deletion_does_not_hide_why_the_measurement_ended()
    {
        await using var api = Api("lexical", notice: null, failed: 1).OnProblem($"DELETE {Collection}", 403, "scope-missing", "The key lacks a scope.");
        var run = await CliRun.InvokeAsync(["eval", _folder, "--url", api.Url]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("1 documents of the collection failed", run.Error, StringComparison.Ordinal);
        Assert.Contains("could not be removed", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mode_that_did_not_run_is_not_passed_off_as_measured()
    {
        await using var api = Api("lexical", notice: "There is no embedder.", failed: 0);
        var run = await CliRun.InvokeAsync(["eval", _folder, "--url", api.Url, "--mode", "dense", "--keep"]);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("(ran as lexical: There is no embedder.)", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain($"DELETE {Collection}", api.Requests);
    }

    [Fact]
    public async Task Modes_that_ran_as_another_one_are_named_once_and_not_measured_again()
    {
        await using var api = Api("lexical", notice: "There is no embedder.", failed: 0);
        var run = await CliRun.InvokeAsync(["eval", _folder, "--url", api.Url]);

        Assert.True(run.ExitCode == 0, run.Error);
        var lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Single(lines, static line => line.StartsWith("lexical ", StringComparison.Ordinal));
        Assert.Single(lines, static line => line.StartsWith("dense and hybrid ran as lexical: There is no embedder.", StringComparison.Ordinal));
        Assert.Contains("Rag__Embedding__Provider=local ./rag up", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("p = ", run.Output, StringComparison.Ordinal);
        Assert.Equal(3, api.Requests.Count(static r => r.EndsWith("/search", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Modes_are_compared_with_lexical_and_chance()
    {
        await using var api = Api(ran: null, notice: null, failed: 0);
        var run = await CliRun.InvokeAsync(["eval", _folder, "--url", api.Url, "--mode", "hybrid,lexical"]);

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("hybrid against lexical: nDCG@10 0.0000, p = 1.000, not significant", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failed_documents_end_the_measurement()
    {
        await using var api = Api("lexical", notice: null, failed: 1);
        var run = await CliRun.InvokeAsync(["eval", _folder, "--url", api.Url]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("1 documents of the collection failed", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fuzzy", "'fuzzy'")]
    [InlineData("lexical,7", "'7'")]
    public async Task An_unknown_mode_is_named(string modes, string named)
    {
        await using var api = new ScriptedApi();
        var run = await CliRun.InvokeAsync(["eval", _folder, "--url", api.Url, "--mode", modes]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(named, run.Error, StringComparison.Ordinal);
        Assert.Empty(api.Requests);
    }

    [Fact]
    public async Task A_folder_that_is_no_judged_collection_says_what_it_lacks()
    {
        await using var api = new ScriptedApi();
        var run = await CliRun.InvokeAsync(["eval", _root.Path, "--url", api.Url]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("qrels.tsv", run.Error, StringComparison.Ordinal);
    }

    private static ScriptedApi Api(string? ran, string? notice, int failed, bool exists = false, int total = 3)
    {
        static string From(int number, string source) => ApiShapes.Evidence(number, "t").Replace("\"sourceId\":\"handbook\"", $"\"sourceId\":\"{source}\"", StringComparison.Ordinal);

        var collection = ApiShapes.Collection("eval-tiny")
            .Replace("\"total\":3", $"\"total\":{total}", StringComparison.Ordinal)
            .Replace("\"processing\":1,\"ready\":1,\"failed\":1", $"\"processing\":0,\"ready\":2,\"failed\":{failed}", StringComparison.Ordinal);
        var api = new ScriptedApi();
        if (exists)
        {
            api.OnJson($"GET {Collection}", collection);
        }
        else
        {
            api.OnProblem($"GET {Collection}", 404, "collection-not-found", "No such collection.")
                .On("POST /v1/collections", async (context, _) =>
                {
                    api.OnJson($"GET {Collection}", collection);
                    await ScriptedApi.WriteAsync(context, collection, 201);
                });
        }

        return api
            .OnJson($"POST {Collection}/documents", """{"items":[{"name":"n","status":"queued","id":"0196f000-0000-7000-8000-0000000000d1","problem":null}]}""", 202)
            .On($"POST {Collection}/search", (context, body) => ScriptedApi.WriteAsync(context, Found(ran ?? JsonDocument.Parse(body).RootElement.GetProperty("mode").GetString()!), 200))
            .OnJson($"DELETE {Collection}", "", 204);

        string Found(string mode) => $$"""
            {"query":"which?","mode":"{{mode}}","stale":false,"notice":{{(notice is null ? "null" : $"\"{notice}\"")}},
             "evidence":[{{From(1, "x")}},{{From(2, "d1")}},{{From(3, "x")}},{{From(4, "d1")}},{{From(5, "d2")}} ],"took":{"totalMs":1,"retrieveMs":1,"verifyMs":0} }
            """;
    }
}
