using System.CommandLine;
using Rag.Cli.Connection;
using Rag.Cli.Documents;
using Rag.Client;
using Rag.Core.Evaluation;

namespace Rag.Cli.Evaluation;

/// <summary><c>rag eval</c>: how good the search is, measured on a judged collection through the product's own ingestion and search.</summary>
internal static class EvalCommand
{
    private const int MaxPassages = 100;

    public static Command Create(CliContext context)
    {
        var folder = new Argument<string>("dir") { Description = "A judged collection in BEIR layout: corpus.jsonl, queries.jsonl, qrels.tsv." };
        var collection = new Option<string?>("--collection", "-c") { Description = "Collection to load it into; default: eval-<folder>." };
        var language = new Option<string>("--language") { Description = "Its language, which chooses the analyzer.", DefaultValueFactory = _ => "en" };
        var modes = new Option<string>("--mode") { Description = "Which searches to measure, by commas.", DefaultValueFactory = _ => "lexical,dense,hybrid" };
        var json = new Option<bool>("--json") { Description = "Write the measures as JSON." };
        var keep = new Option<bool>("--keep") { Description = "Keep the collection, or use the one that an earlier run kept." };
        var command = new Command("eval", "Measure nDCG@10, Recall@100 and MRR@10 on a judged collection.") { folder, collection, language, modes, json, keep };
        command.SetApiAction(context, async (parsed, client, cancellationToken) =>
        {
            var wanted = ParseModes(parsed.GetValue(modes)!);
            var judged = await ReadAsync(Path.GetFullPath(parsed.GetValue(folder)!, context.WorkingDirectory), cancellationToken);
            var name = parsed.GetValue(collection) ?? $"eval-{judged.Name.ToLowerInvariant()}";
            var kept = parsed.GetValue(keep);
            var created = await IngestCommand.EnsureCollectionAsync(client, name, cancellationToken, "Loaded by 'rag eval'.", parsed.GetValue(language));
            if (!created && !kept)
            {
                await RequireEmptyAsync(client, name, cancellationToken);
            }

            try
            {
                await JudgedIngestion.RunAsync(context, client, name, judged, quiet: parsed.GetValue(json), cancellationToken);
                var rows = new List<EvaluationRow>();
                foreach (var mode in wanted)
                {
                    rows.Add(await MeasureAsync(client, name, judged, mode, rows, cancellationToken));
                }

                EvaluationReport.Print(context.Terminal, judged, rows, parsed.GetValue(json));
                return ExitCode.Ok;
            }
            finally
            {
                if (created && !kept)
                {
                    await RemoveAsync(context.Terminal, client, name);
                }
            }
        });
        return command;
    }

    // Documents that somebody else put there would be measured with the judged ones, and the judged ones would stay among them.
    private static async Task RequireEmptyAsync(RagClient client, string name, CancellationToken cancellationToken)
    {
        var collection = await client.GetCollectionAsync(name, cancellationToken);
        if (collection.Documents.Total > 0)
        {
            throw new CliException(
                $"The collection '{name}' is there already and holds {collection.Documents.Total} documents.",
                "Add --keep if an earlier 'rag eval --keep' loaded it, or name another one with --collection. Nothing was changed.",
                ExitCode.Usage);
        }
    }

    // Told, not thrown: it must not take the place of the failure that ended the measurement.
    private static async Task RemoveAsync(Terminal terminal, RagClient client, string name)
    {
        try
        {
            await client.DeleteCollectionAsync(name, CancellationToken.None);
        }
        catch (Exception exception) when (exception is RagApiException or HttpRequestException or IOException or OperationCanceledException)
        {
            terminal.Problem($"The collection '{name}' could not be removed: {exception.Message}", "Remove it in the web front end, or reuse it with --keep.");
        }
    }

    // Lexical first: it is what the others are compared with.
    private static SearchMode[] ParseModes(string text) => [.. text
        .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Select(name => Enum.TryParse<SearchMode>(name, ignoreCase: true, out var mode) && Enum.IsDefined(mode)
            ? mode
            : throw new CliException($"There is no search mode '{name}'.", "There are: lexical, dense, hybrid.", ExitCode.Usage))
        .Distinct()
        .Order()];

    private static async Task<JudgedCollection> ReadAsync(string folder, CancellationToken cancellationToken)
    {
        try
        {
            return await JudgedCollection.ReadAsync(folder, cancellationToken);
        }
        catch (Core.RagException exception)
        {
            throw new CliException(exception.Message, remedy: null, ExitCode.Usage, exception);
        }
    }

    private static async Task<EvaluationRow> MeasureAsync(
        RagClient client, string collection, JudgedCollection judged, SearchMode mode, List<EvaluationRow> before, CancellationToken cancellationToken)
    {
        string? notice = null;
        var ran = mode;
        if (before.Count > 0 && judged.Queries.Count > 0)
        {
            await SearchAsync(judged.Queries[0], cancellationToken);
            if (before.Find(row => row.Ran == ran) is { } same)
            {
                // The same searches again would give the same figures.
                return same with { Mode = mode, Notice = notice };
            }
        }

        var result = await Evaluator.RunAsync(judged.Queries, SearchAsync, cancellationToken);
        var times = result.Queries.Select(query => query.Duration.TotalMilliseconds).Order().ToArray();
        var scores = result.Queries.Select(query => query.Ndcg10).ToArray();
        var lexical = before.Find(row => row.Ran == SearchMode.Lexical);
        return new EvaluationRow(mode, ran, result.Ndcg10, result.Recall100, result.Mrr10, times.Length == 0 ? 0 : times[times.Length / 2], result.Queries.Count, notice)
        {
            Scores = scores,
            ProbabilityAgainstLexical = lexical is null ? null : RandomisationTest.Probability(scores, lexical.Scores),
        };

        async Task<IReadOnlyList<string>> SearchAsync(JudgedQuery query, CancellationToken token)
        {
            var response = await client.SearchAsync(collection, new SearchRequest(query.Text, MaxPassages, mode, PassagesPerDocument: 1), token);
            notice ??= response.Notice;
            ran = response.Mode;
            return [.. response.Evidence.Select(evidence => evidence.SourceId)];
        }
    }
}
