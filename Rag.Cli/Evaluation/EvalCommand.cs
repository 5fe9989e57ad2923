using System.CommandLine;
using System.Globalization;
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
                    rows.Add(await MeasureAsync(client, name, judged, mode, cancellationToken));
                }

                Print(context.Terminal, judged, rows, parsed.GetValue(json));
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

    private static SearchMode[] ParseModes(string text) => [.. text
        .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Select(name => Enum.TryParse<SearchMode>(name, ignoreCase: true, out var mode) && Enum.IsDefined(mode)
            ? mode
            : throw new CliException($"There is no search mode '{name}'.", "There are: lexical, dense, hybrid.", ExitCode.Usage))
        .Distinct()];

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
        RagClient client, string collection, JudgedCollection judged, SearchMode mode, CancellationToken cancellationToken)
    {
        string? notice = null;
        var ran = mode;
        var result = await Evaluator.RunAsync(
            judged.Queries,
            async (query, token) =>
            {
                var response = await client.SearchAsync(collection, new SearchRequest(query.Text, MaxPassages, mode, PassagesPerDocument: 1), token);
                notice ??= response.Notice;
                ran = response.Mode;
                return [.. response.Evidence.Select(evidence => evidence.SourceId)];
            },
            cancellationToken);
        var times = result.Queries.Select(query => query.Duration.TotalMilliseconds).Order().ToArray();
        return new EvaluationRow(mode, ran, result.Ndcg10, result.Recall100, result.Mrr10, times.Length == 0 ? 0 : times[times.Length / 2], result.Queries.Count, notice);
    }

    private static void Print(Terminal terminal, JudgedCollection judged, List<EvaluationRow> rows, bool json)
    {
        if (json)
        {
            terminal.Line(CliJson.Write(new { collection = judged.Name, documents = judged.Documents.Count, results = rows }));
            return;
        }

        terminal.Line($"{judged.Name}: {judged.Documents.Count} documents, {judged.Queries.Count} judged queries");
        terminal.Line("mode      nDCG@10  Recall@100  MRR@10   median ms");
        foreach (var row in rows)
        {
            var instead = row.Ran == row.Mode ? "" : $"  (ran as {row.Ran.ToString().ToLowerInvariant()}: {row.Notice})";
            terminal.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"{row.Mode.ToString().ToLowerInvariant(),-8}  {row.Ndcg10,7:0.0000}  {row.Recall100,10:0.0000}  {row.Mrr10,6:0.0000}  {row.MedianMs,10:0.0}{instead}"));
        }
    }

    /// <summary>One line of the result.</summary>
    /// <param name="Mode">What was asked for.</param>
    /// <param name="Ran">What ran instead, where the API could not do it.</param>
    /// <param name="Ndcg10">Mean over the queries.</param>
    /// <param name="Recall100">Mean over the queries.</param>
    /// <param name="Mrr10">Mean over the queries.</param>
    /// <param name="MedianMs">Of a search, over HTTP, one at a time.</param>
    /// <param name="Queries">How many.</param>
    /// <param name="Notice">What the API said to it.</param>
    private sealed record EvaluationRow(
        SearchMode Mode, SearchMode Ran, double Ndcg10, double Recall100, double Mrr10, double MedianMs, int Queries, string? Notice);
}
