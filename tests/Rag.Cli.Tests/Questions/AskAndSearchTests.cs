using System.Text.Json;
using Rag.Cli.Tests.Api;

namespace Rag.Cli.Tests.Questions;

public sealed class AskAndSearchTests
{
    private const string AskRoute = "POST /v1/collections/default/ask";
    private const string SearchRoute = "POST /v1/collections/default/search";

    [Fact]
    public async Task The_answer_is_followed_by_its_numbered_sources_with_page_and_quote()
    {
        await using var api = new ScriptedApi().OnJson(
            AskRoute,
            ApiShapes.Event("evidence", $$"""{"evidence":[{{ApiShapes.Evidence(1, "The oven rests.")}}],"mode":"lexical","stale":false,"notice":null}""")
                + ": still here\n\n"
                + ApiShapes.Event("citation", ApiShapes.Citation(1, "The oven rests."))
                + ApiShapes.Event("delta", """{"text":"The oven "}""")
                + ApiShapes.Event("delta", """{"text":"rests. [1]"}""")
                + ApiShapes.Event("done", """{"found":true,"model":"extractive","usage":null}"""),
            mediaType: "text/event-stream");

        var run = await CliRun.InvokeAsync(["ask", "--url", api.Url, "When", "does", "it", "rest?"]);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(
            ["The oven rests. [1]", "", "[1] Night work (handbook.pdf, page 3)", "    \"The oven rests.\"", "", "answered by: extractive"],
            run.Output.TrimEnd().ReplaceLineEndings("\n").Split('\n'));
        Assert.Contains("When does it rest?", Assert.Single(api.Bodies), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Escape_sequences_from_documents_do_not_reach_the_terminal()
    {
        await using var api = new ScriptedApi().OnJson(
            AskRoute,
            ApiShapes.Event("citation", ApiShapes.Citation(1, "a\\u001b[2Jb", title: "t\\u0007"))
                + ApiShapes.Event("delta", """{"text":"x\u001b]0;owned\u0007y [1]"}""")
                + ApiShapes.Event("done", """{"found":true,"model":"extractive","usage":null}"""),
            mediaType: "text/event-stream");

        var run = await CliRun.InvokeAsync(["ask", "--url", api.Url, "q"]);

        Assert.DoesNotContain(run.Output, letter => char.IsControl(letter) && letter is not ('\n' or '\r'));
        Assert.Contains("\uFFFD[2Jb", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_breaks_off_is_no_answer()
    {
        await using var api = new ScriptedApi().OnJson(AskRoute, ApiShapes.Event("delta", """{"text":"Half"}"""), mediaType: "text/event-stream");
        var run = await CliRun.InvokeAsync(["ask", "--url", api.Url, "q"]);
        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("rag: ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_collection_is_answered_with_how_to_list_them()
    {
        await using var api = new ScriptedApi().OnProblem("POST /v1/collections/handbok/ask", 404, "collection-not-found", "There is no collection 'handbok'.");
        var run = await CliRun.InvokeAsync(["ask", "-c", "handbok", "--url", api.Url, "q"]);
        Assert.Equal(1, run.ExitCode);
        Assert.Equal("rag: There is no collection 'handbok'.\n     './rag collections' lists those there are.\n", run.Error.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task A_missing_key_says_where_to_put_one()
    {
        await using var api = new ScriptedApi().OnProblem(AskRoute, 401, "key-missing", "This needs a key.");
        var run = await CliRun.InvokeAsync(["ask", "--url", api.Url, "q"]);
        Assert.Equal(3, run.ExitCode);
        Assert.Contains("RAG_API_KEY", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Passages_are_listed_best_first_with_place_and_excerpt()
    {
        var longText = string.Join(' ', Enumerable.Repeat("flour", 100));
        await using var api = new ScriptedApi().OnJson(
            SearchRoute,
            $$"""
            {"query":"q","mode":"lexical","stale":false,"notice":"Dense search is off.","evidence":[{{ApiShapes.Evidence(1, "Short.")}},{{ApiShapes.Evidence(2, longText, "plain.txt", title: null, page: null)}} ],
             "took":{"totalMs":3.2,"retrieveMs":1,"verifyMs":2} }
            """);

        var run = await CliRun.InvokeAsync(["search", "q", "--url", api.Url, "--limit", "5", "--mode", "lexical"]);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("  1. Night work (handbook.pdf, page 3)  [0.500]", run.Output, StringComparison.Ordinal);
        Assert.Contains("     Handbook › Night", run.Output, StringComparison.Ordinal);
        Assert.Contains("  2. plain.txt  [0.500]", run.Output, StringComparison.Ordinal);
        Assert.Contains("Note: Dense search is off.", run.Output, StringComparison.Ordinal);
        Assert.All(run.Output.Split('\n'), line => Assert.True(line.Length < 260, line));
        using var sent = JsonDocument.Parse(Assert.Single(api.Bodies));
        Assert.Equal(5, sent.RootElement.GetProperty("limit").GetInt32());
        Assert.Equal("lexical", sent.RootElement.GetProperty("mode").GetString());
    }

    [Fact]
    public async Task Search_as_json_is_what_the_api_said()
    {
        await using var api = new ScriptedApi().OnJson(
            SearchRoute,
            $$"""{"query":"ü","mode":"hybrid","stale":true,"notice":null,"evidence":[{{ApiShapes.Evidence(1, "Text.")}}],"took":{"totalMs":1,"retrieveMs":1,"verifyMs":0} }""");
        var run = await CliRun.InvokeAsync(["search", "ü", "--url", api.Url, "--json"]);
        using var json = JsonDocument.Parse(run.Output);
        Assert.Equal("hybrid", json.RootElement.GetProperty("mode").GetString());
        Assert.Equal(0.5, json.RootElement.GetProperty("evidence")[0].GetProperty("scores").GetProperty("lexical").GetDouble());
        Assert.Contains("\"ü\"", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--limit", "0")]
    [InlineData("--limit", "101")]
    [InlineData("--mode", "magic")]
    public async Task A_wrong_option_is_refused_before_anything_is_sent(string option, string value)
    {
        await using var api = new ScriptedApi();
        var run = await CliRun.InvokeAsync(["search", "q", "--url", api.Url, option, value]);
        Assert.Equal(2, run.ExitCode);
        Assert.Empty(api.Requests);
    }

    [Theory]
    [InlineData("short", 10, "short")]
    [InlineData("one two  three\nfour", 12, "one two…")]
    [InlineData("onelongwordwithoutspaces", 6, "onelo…")]
    [InlineData("abcd😀efgh", 6, "abcd…")]
    public void Excerpts_are_cut_between_words_and_never_inside_a_letter(string text, int length, string expected) =>
        Assert.Equal(expected, Printable.Excerpt(text, length));
}
