using Rag.Cli.Tests.Api;

namespace Rag.Cli.Tests.Index;

public sealed class ReindexTests
{
    private const string Start = "POST /v1/index/reindex";
    private const string State = "GET /v1/index";

    [Fact]
    public async Task It_waits_until_the_new_index_is_searched_and_says_how_far_it_is()
    {
        var asked = 0;
        await using var api = new ScriptedApi()
            .OnJson(Start, """{"provider":"qdrant","building":true,"filling":false,"documents":30,"indexed":0,"lagSeconds":0,"rebuild":"begun"}""", status: 202)
            .On(State, (context, _) => ScriptedApi.WriteAsync(context, ++asked == 1
                ? """{"provider":"qdrant","building":true,"documents":30,"indexed":12,"lagSeconds":0}"""
                : """{"provider":"qdrant","building":false,"documents":30,"indexed":30,"lagSeconds":0}"""));

        var run = await CliRun.InvokeAsync(["reindex", "--url", api.Url, "--collection", "handbook"]);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(
            ["A worker builds the index anew.", "0 of 30 documents", "12 of 30 documents", "The index is built anew and searched: 30 documents."],
            run.Output.TrimEnd().ReplaceLineEndings("\n").Split('\n'));
        Assert.Contains("\"collection\":\"handbook\"", api.Bodies.First(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_is_under_way_already_is_waited_for()
    {
        await using var api = new ScriptedApi()
            .OnJson(Start, """{"provider":"qdrant","building":true,"filling":false,"documents":3,"indexed":1,"lagSeconds":0,"rebuild":"running"}""", status: 202)
            .OnJson(State, """{"provider":"qdrant","building":false,"filling":false,"documents":3,"indexed":3,"lagSeconds":0}""");

        var run = await CliRun.InvokeAsync(["reindex", "--url", api.Url]);

        Assert.Equal(
            ["A worker builds the index anew already.", "1 of 3 documents", "The index is built anew and searched: 3 documents."],
            run.Output.TrimEnd().ReplaceLineEndings("\n").Split('\n'));
    }

    [Fact]
    public async Task Where_the_index_is_being_filled_for_the_first_time_it_does_not_say_that_it_was_built_anew()
    {
        await using var api = new ScriptedApi()
            .OnJson(Start, """{"provider":"qdrant","building":true,"filling":true,"documents":30,"indexed":12,"lagSeconds":0,"rebuild":"filling"}""", status: 202)
            .OnJson(State, """{"provider":"qdrant","building":false,"filling":false,"documents":30,"indexed":30,"lagSeconds":0}""");

        var run = await CliRun.InvokeAsync(["reindex", "--url", api.Url]);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(
            [
                "Nothing is begun: the index is being filled for the first time, with the settings that it was made with.", "12 of 30 documents",
                "The index is filled and searched: 30 documents. To give it other settings, run './rag reindex' again.",
            ],
            run.Output.TrimEnd().ReplaceLineEndings("\n").Split('\n'));
    }

    [Fact]
    public async Task Where_nothing_is_searched_there_is_nothing_to_write()
    {
        await using var api = new ScriptedApi()
            .OnJson(Start, """{"provider":"qdrant","building":false,"filling":false,"documents":0,"indexed":0,"lagSeconds":0,"rebuild":"empty"}""", status: 202);

        var run = await CliRun.InvokeAsync(["reindex", "--url", api.Url, "-c", "empty"]);

        Assert.Equal((0, "There is nothing to write: nothing in the collection is searched."), (run.ExitCode, run.Output.Trim()));
    }

    [Fact]
    public async Task Without_waiting_it_says_how_to_look_again()
    {
        await using var api = new ScriptedApi().OnJson(Start, """{"provider":"qdrant","building":true,"documents":30,"indexed":0,"lagSeconds":0}""", status: 202);

        var run = await CliRun.InvokeAsync(["reindex", "--url", api.Url, "--no-wait"]);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("./rag reindex --status", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("false", "The index is being written: 12 of 30 documents.")]
    [InlineData("true", "The index is being filled for the first time: 12 of 30 documents.")]
    public async Task Asked_how_far_it_is_it_begins_nothing(string filling, string answer)
    {
        await using var api = new ScriptedApi().OnJson(State, $$"""{"provider":"qdrant","building":true,"filling":{{filling}},"documents":30,"indexed":12,"lagSeconds":0}""");

        var run = await CliRun.InvokeAsync(["reindex", "--url", api.Url, "--status", "-c", "handbook"]);

        Assert.Equal((0, answer), (run.ExitCode, run.Output.Trim()));
        Assert.Equal(["GET /v1/index"], api.Requests);
    }

    [Fact]
    public async Task With_the_embedded_index_every_process_loads_its_own()
    {
        await using var api = new ScriptedApi().OnJson(Start, """{"provider":"embedded","building":false,"documents":3,"indexed":3,"lagSeconds":null}""", status: 202);

        var run = await CliRun.InvokeAsync(["reindex", "--url", api.Url]);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("loads its index anew", run.Output, StringComparison.Ordinal);
    }
}
