using System.Globalization;
using System.Text.Json;
using Rag.Core.Answering;
using Rag.Core.Evaluation;
using Rag.Core.Tests.Retrieval;
using Rag.Testing;
using Xunit.Abstractions;

namespace Rag.Core.Tests.Evaluation;

/// <summary>How many questions that the documents answer are answered without a model, and with a quotation that holds the answer.</summary>
public sealed class ExtractiveCoverageTests(PostgresFixture postgres, ITestOutputHelper output) : IClassFixture<PostgresFixture>
{
    // Every fifth question: enough that one in fifty shows. Of these 212, 89.6 % were answered and 70.8 % with the answer in a
    // quotation when the floors were set.
    private const int Step = 5;

    [SharedTheory]
    [InlineData("squad-dev-s", 0.88, 0.69)]
    public async Task Questions_are_answered_and_with_the_answer_as_often_as_they_were(string name, double answered, double holding)
    {
        await using var world = await SearchWorld.StartAsync(await postgres.CreateDatabaseAsync());
        var folder = Path.Combine(SharedTheoryAttribute.Directory!, name);
        var judged = await JudgedCollection.ReadAsync(folder, default);
        var answers = await ReadAnswersAsync(Path.Combine(folder, "answers.jsonl"));
        var collection = await world.CreateCollectionAsync(name);
        await world.PublishAsync(collection, [.. judged.Documents.Select(static d => new NewDocument(d.Id, d.Text.ReplaceLineEndings("\n"), d.Title))]);

        var (asked, found, held) = (0, 0, 0);
        foreach (var query in judged.Queries.Where((_, i) => i % Step == 0))
        {
            asked++;
            var quotes = new List<string>();
            await foreach (var step in world.Answering.AskAsync(new Question { Collection = collection, Text = query.Text }, default))
            {
                if (step is AnswerEvent.Cited cited)
                {
                    quotes.Add(cited.Citation.Quote);
                }
            }

            found += quotes.Count > 0 ? 1 : 0;
            held += quotes.Exists(quote => answers[query.Id].Exists(answer => quote.Contains(answer, StringComparison.OrdinalIgnoreCase))) ? 1 : 0;
        }

        var (foundShare, heldShare) = ((double)found / asked, (double)held / asked);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: of {asked} questions {foundShare:P1} answered, {heldShare:P1} with a quotation that holds the answer"));
        Assert.True(foundShare >= answered, $"{foundShare:P1} of the questions are answered, {answered:P1} were.");
        Assert.True(heldShare >= holding, $"{heldShare:P1} of the questions are answered with a quotation that holds the answer, {holding:P1} were.");
    }

    // {"_id": "12", "answers": ["in 1894", "1894"]}
    private static async Task<Dictionary<string, List<string>>> ReadAnswersAsync(string file)
    {
        var answers = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        await foreach (var line in File.ReadLinesAsync(file))
        {
            using var json = JsonDocument.Parse(line);
            answers[json.RootElement.GetProperty("_id").GetString()!] = [.. json.RootElement.GetProperty("answers").EnumerateArray().Select(static a => a.GetString()!)];
        }

        return answers;
    }
}
