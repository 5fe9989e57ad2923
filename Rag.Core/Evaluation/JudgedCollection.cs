using System.Globalization;
using System.Text.Json;

namespace Rag.Core.Evaluation;

/// <summary>
/// Documents, queries and judgements in BEIR's layout: <c>corpus.jsonl</c> and <c>queries.jsonl</c> with <c>_id</c>, <c>title</c> and
/// <c>text</c> per line, and judgements in <c>qrels.tsv</c> (or <c>qrels/test.tsv</c>) with a header line.
/// </summary>
public sealed record JudgedCollection
{
    /// <summary>Name of the folder.</summary>
    public required string Name { get; init; }

    /// <summary>In the order of the file; none is left out, also not one without text.</summary>
    public required IReadOnlyList<JudgedDocument> Documents { get; init; }

    /// <summary>Only those that have judgements, in the order of the file.</summary>
    public required IReadOnlyList<JudgedQuery> Queries { get; init; }

    /// <summary>Reads a folder.</summary>
    /// <exception cref="RagException"><c>collection-unreadable</c>: a file is missing or a line is not what it should be; names file and line.</exception>
    public static async Task<JudgedCollection> ReadAsync(string directory, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        var judgements = await ReadJudgementsAsync(directory, cancellationToken);
        var documents = new List<JudgedDocument>();
        await foreach (var (id, title, text) in ReadEntriesAsync(Path.Combine(directory, "corpus.jsonl"), cancellationToken))
        {
            documents.Add(new JudgedDocument(id, title, text));
        }

        var queries = new List<JudgedQuery>();
        await foreach (var (id, _, text) in ReadEntriesAsync(Path.Combine(directory, "queries.jsonl"), cancellationToken))
        {
            if (judgements.TryGetValue(id, out var grades))
            {
                queries.Add(new JudgedQuery(id, text, grades));
            }
        }

        return new JudgedCollection { Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(directory)), Documents = documents, Queries = queries };
    }

    // {"_id": "12", "title": "Heat transfer", "text": "In a boundary layer ..."}
    private static async IAsyncEnumerable<(string Id, string? Title, string Text)> ReadEntriesAsync(
        string file, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var number = 0;
        await foreach (var line in ReadLinesAsync(file, cancellationToken))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
            {
                yield return ParseEntry(file, number, line);
            }
        }
    }

    private static (string Id, string? Title, string Text) ParseEntry(string file, int number, string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var entry = json.RootElement;
            if (entry.TryGetProperty("_id", out var id) && id.GetString() is { Length: > 0 } name && entry.TryGetProperty("text", out var text))
            {
                return (name, entry.TryGetProperty("title", out var title) && title.GetString() is { Length: > 0 } given ? given : null, text.GetString() ?? "");
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Unreadable($"Line {number} of '{file}' is not a JSON object with strings '_id' and 'text'.", e);
        }

        throw Unreadable($"Line {number} of '{file}' lacks '_id' or 'text'.");
    }

    // query-id	corpus-id	score
    // 1	184	2
    private static async Task<Dictionary<string, Dictionary<string, int>>> ReadJudgementsAsync(string directory, CancellationToken cancellationToken)
    {
        var file = Path.Combine(directory, "qrels.tsv");
        if (!File.Exists(file) && File.Exists(Path.Combine(directory, "qrels", "test.tsv")))
        {
            file = Path.Combine(directory, "qrels", "test.tsv");
        }

        var judgements = new Dictionary<string, Dictionary<string, int>>(StringComparer.Ordinal);
        var number = 0;
        await foreach (var line in ReadLinesAsync(file, cancellationToken))
        {
            if (++number == 1 || string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            var fields = line.Split('\t');
            if (fields.Length < 3 || !int.TryParse(fields[2], NumberStyles.Integer, CultureInfo.InvariantCulture, out var grade))
            {
                throw Unreadable($"Line {number} of '{file}' is not query, document and grade separated by tabs.");
            }

            if (!judgements.TryGetValue(fields[0], out var grades))
            {
                judgements[fields[0]] = grades = new Dictionary<string, int>(StringComparer.Ordinal);
            }

            grades[fields[1]] = grade;
        }

        return judgements;
    }

    private static IAsyncEnumerable<string> ReadLinesAsync(string file, CancellationToken cancellationToken) => File.Exists(file)
        ? File.ReadLinesAsync(file, cancellationToken)
        : throw Unreadable($"There is no file '{file}'. A judged collection has corpus.jsonl, queries.jsonl and qrels.tsv.");

    private static RagException Unreadable(string message, Exception? inner = null) => new("collection-unreadable", message, inner: inner);
}

/// <summary>A document of a judged collection.</summary>
public sealed record JudgedDocument(string Id, string? Title, string Text);

/// <summary>A query with the grade of each judged document by id; above 0 is relevant.</summary>
public sealed record JudgedQuery(string Id, string Text, IReadOnlyDictionary<string, int> Grades);
