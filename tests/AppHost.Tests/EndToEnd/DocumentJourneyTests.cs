using System.Text.RegularExpressions;
using Rag.Client;

namespace AppHost.Tests.EndToEnd;

/// <summary>Real documents through all rooms and processes, as the people who use the product send them.</summary>
public partial class DocumentJourneyTests(RunningApp app) : IClassFixture<RunningApp>
{
    private static readonly string[] Formats = [".pdf", ".docx", ".html", ".md", ".txt"];

    [Fact]
    public async Task Each_format_is_found_and_every_quote_stands_at_its_offsets()
    {
        const string Collection = "formats";
        await app.Client.CreateCollectionAsync(new CreateCollection(Collection));
        await UploadSamplesAsync(Collection);
        var documents = await app.WaitUntilSettledAsync(Collection, TimeSpan.FromMinutes(2));

        Assert.All(documents, document => Assert.True(document.Status == DocumentStatus.Ready, $"{document.Name}: {document.Problem?.Message}"));
        Assert.Superset(Formats.ToHashSet(), documents.Select(document => Path.GetExtension(document.Name)).ToHashSet());
        foreach (var document in documents)
        {
            var text = await app.Client.GetTextAsync(Collection, document.Id);
            var question = Sentence(text.Text);
            var answer = await app.Client.AskAsync(Collection, new AskRequest(question));

            Assert.True(answer.Found, $"{document.Name}: nothing found for “{question}”.");
            Assert.Contains(answer.Evidence, evidence => evidence.DocumentId == document.Id);
            Assert.NotEmpty(answer.Citations);
            foreach (var citation in answer.Citations)
            {
                var cited = await app.Client.GetTextAsync(Collection, citation.DocumentId, citation.Generation);
                Assert.Equal(citation.Quote, cited.Text[citation.Start..citation.End]);
                Assert.Contains($"[{citation.Number}]", answer.Answer, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task What_is_sent_again_is_unchanged_and_what_is_deleted_is_not_found_from_then_on()
    {
        const string Collection = "again";
        await app.Client.CreateCollectionAsync(new CreateCollection(Collection));
        await UploadSamplesAsync(Collection);
        var documents = await app.WaitUntilSettledAsync(Collection, TimeSpan.FromMinutes(2));

        var again = await UploadSamplesAsync(Collection);
        Assert.All(again, item => Assert.Equal(SubmissionStatus.Unchanged, item.Status));
        Assert.Equal(documents.Select(document => document.Id).Order(), again.Select(item => item.Id!.Value).Order());

        var victim = documents.First(document => document.Name.EndsWith(".pdf", StringComparison.Ordinal));
        var question = Sentence((await app.Client.GetTextAsync(Collection, victim.Id)).Text);
        var before = await app.Client.SearchAsync(Collection, new SearchRequest(question, Limit: 100));
        Assert.Contains(before.Evidence, evidence => evidence.DocumentId == victim.Id);

        await app.Client.DeleteDocumentAsync(Collection, victim.Id);
        var after = await app.Client.SearchAsync(Collection, new SearchRequest(question, Limit: 100));
        Assert.DoesNotContain(after.Evidence, evidence => evidence.DocumentId == victim.Id);
        var gone = await Assert.ThrowsAsync<RagApiException>(() => app.Client.GetDocumentAsync(Collection, victim.Id));
        Assert.Equal("document-not-found", gone.Problem.Code);
    }

    private async Task<IReadOnlyList<SubmittedItem>> UploadSamplesAsync(string collection)
    {
        var files = Directory.EnumerateFiles(Path.Combine(Repository.Root, "samples"))
            .Where(path => Formats.Contains(Path.GetExtension(path)))
            .Order(StringComparer.Ordinal)
            .Select(path => new UploadFile(Path.GetFileName(path), File.OpenRead(path)))
            .ToList();
        return (await app.Client.UploadAsync(collection, files)).Items;
    }

    /// <summary>A sentence from the middle of the text: specific to its document, and long enough to be found by.</summary>
    private static string Sentence(string text)
    {
        var sentences = SentencePattern().Matches(text).Select(match => match.Value.ReplaceLineEndings(" ").Trim()).Where(sentence => sentence.Length is > 60 and < 300).ToList();
        Assert.NotEmpty(sentences);
        return sentences[sentences.Count / 2];
    }

    [GeneratedRegex(@"[A-Z][^.!?|#*]+[.!?]", RegexOptions.None, 1000)]
    private static partial Regex SentencePattern();
}
