using Rag.Cli.Connection;

namespace Rag.Cli.Tests.Api;

public sealed class ApiConnectionTests
{
    private static readonly Dictionary<string, string> Recorded = new()
    {
        ["Rag:Url"] = "http://localhost:5170",
        ["Parameters:bootstrap-key"] = "recorded-key",
    };

    [Fact]
    public void The_option_comes_before_the_variable_before_the_record()
    {
        Assert.Equal("http://option:1/", Resolve("http://option:1", ("RAG_URL", "http://variable:2")).Url.ToString());
        Assert.Equal("http://variable:2/", Resolve(null, ("RAG_URL", "http://variable:2")).Url.ToString());
        Assert.Equal("http://localhost:5170/", Resolve(null).Url.ToString());
    }

    [Fact]
    public void The_recorded_key_goes_to_the_recorded_api_only()
    {
        Assert.Equal("recorded-key", Resolve(null).Key);
        Assert.Equal("recorded-key", Resolve("http://localhost:5170/").Key);
        Assert.Null(Resolve("http://elsewhere.example").Key);
        Assert.Null(Resolve("https://localhost:5170").Key);
        Assert.Equal("mine", Resolve("http://elsewhere.example", ("RAG_API_KEY", "mine")).Key);
    }

    [Fact]
    public void A_key_in_a_file_comes_before_the_variable_and_goes_to_whoever_is_named()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("key", "of-the-file\r\n");

        Assert.Equal("of-the-file", Resolve("http://elsewhere.example", file, ("RAG_API_KEY", "mine")).Key);
        Assert.Contains("is empty", Assert.Throws<CliException>(() => Resolve(null, folder.File("empty", "\n"))).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be read", Assert.Throws<CliException>(() => Resolve(null, Path.Combine(folder.Path, "none"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_any_address_it_says_how_to_get_one()
    {
        var run = await CliRun.InvokeAsync(["collections"]);
        Assert.Equal(3, run.ExitCode);
        Assert.Contains("./rag up", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_is_none_is_a_usage_error()
    {
        var run = await CliRun.InvokeAsync(["collections", "--url", "ftp://x"]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("'ftp://x'", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_api_that_is_away_is_named_with_what_to_do_and_no_key_is_shown()
    {
        string url;
        await using (var gone = new ScriptedApi())
        {
            url = gone.Url;
        }

        var run = await CliRun.InvokeAsync(["collections"], recorded: new Dictionary<string, string>(Recorded) { ["Rag:Url"] = url });
        Assert.Equal(3, run.ExitCode);
        Assert.Contains($"No API answers at {url}/.", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("recorded-key", run.Error + run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Collections_are_listed_with_what_is_in_work()
    {
        await using var api = new ScriptedApi().OnJson("GET /v1/collections", $$"""{"items":[{{ApiShapes.Collection("handbook")}}],"nextCursor":null}""");
        var run = await CliRun.InvokeAsync(["collections", "--url", api.Url], variables: new Dictionary<string, string> { ["RAG_API_KEY"] = "k" });
        Assert.Equal(0, run.ExitCode);
        Assert.Matches(@"handbook +3 +1 +17 +3\.0 MiB  \(1 in work\)", run.Output);
        Assert.Equal("Bearer k", Assert.Single(api.Bearers));
    }

    private static ApiConnection Resolve(string? option, params (string Name, string Value)[] variables) => Resolve(option, keyFile: null, variables);

    private static ApiConnection Resolve(string? option, string? keyFile, params (string Name, string Value)[] variables) => ApiConnection.Resolve(
        new CliContext
        {
            Terminal = Terminal.Plain(TextWriter.Null, TextWriter.Null),
            WorkingDirectory = Path.GetTempPath(),
            Variable = name => variables.FirstOrDefault(one => one.Name == name).Value,
            Recorded = name => Recorded.GetValueOrDefault(name),
        },
        option,
        keyFile);
}
