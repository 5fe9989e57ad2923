using System.CommandLine;
using System.Globalization;
using Rag.Cli.Connection;
using Rag.Client;

namespace Rag.Cli.Questions;

/// <summary><c>rag search</c>: the passages themselves, best first.</summary>
internal static class SearchCommand
{
    private const int ExcerptLength = 240;

    public static Command Create(CliContext context)
    {
        var query = new Argument<string[]>("query") { Description = "In words; quotes are not needed.", Arity = ArgumentArity.OneOrMore };
        var collection = ApiCommand.CollectionOption();
        var mode = ApiCommand.ModeOption();
        var limit = new Option<int>("--limit", "-n") { Description = "How many passages, 1 to 100.", DefaultValueFactory = _ => 10 };
        limit.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 100)
            {
                result.AddError("--limit takes 1 to 100.");
            }
        });
        var json = new Option<bool>("--json") { Description = "Write the passages with all scores as JSON." };
        var command = new Command("search", "Find the passages that fit a query best.") { query, collection, mode, limit, json };
        command.SetApiAction(context, async (parsed, client, cancellationToken) =>
        {
            var request = new SearchRequest(string.Join(' ', parsed.GetValue(query) ?? []), parsed.GetValue(limit), parsed.GetValue(mode));
            var response = await client.SearchAsync(parsed.GetValue(collection)!, request, cancellationToken);
            if (parsed.GetValue(json))
            {
                context.Terminal.Line(CliJson.Write(response));
            }
            else
            {
                Print(context.Terminal, response);
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static void Print(Terminal terminal, SearchResponse response)
    {
        if (response.Notice is { } notice)
        {
            terminal.Warn($"Note: {notice}");
        }

        if (response.Evidence.Count == 0)
        {
            terminal.Line("Nothing was found.");
        }

        foreach (var evidence in response.Evidence)
        {
            terminal.Good(string.Create(
                CultureInfo.InvariantCulture,
                $"{evidence.Number,3}. {SourceLine.Of(evidence.Title, evidence.DocumentName, evidence.Page)}  [{evidence.Score:0.000}]"));
            if (evidence.Headings.Count > 0)
            {
                terminal.Quiet($"     {Printable.Line(string.Join(" › ", evidence.Headings))}");
            }

            terminal.Line($"     {Printable.Excerpt(evidence.Text, ExcerptLength)}");
        }

        terminal.Quiet(string.Create(CultureInfo.InvariantCulture, $"{response.Evidence.Count} passages, {ModeName(response.Mode)}, {response.Took.TotalMs:0} ms{(response.Stale ? ", stale" : "")}"));
    }

    private static string ModeName(SearchMode mode) => mode switch
    {
        SearchMode.Lexical => "lexical",
        SearchMode.Dense => "dense",
        _ => "hybrid",
    };
}
