using System.Runtime.CompilerServices;
using Rag.Core.Retrieval;

namespace Rag.Core.Answering;

/// <summary>
/// Answers with sentences of the evidence, word for word, and says so when none of them bears on the question. Needs no model,
/// invents nothing, gives the same answer every time.
/// </summary>
internal sealed class ExtractiveAnswerer : IAnswerer
{
    /// <summary>What this answerer calls itself.</summary>
    public const string Name = "extractive";

    public string Kind => Name;

    public string Model => Name;

    public async IAsyncEnumerable<AnswerEvent> AnswerAsync(
        Question question, SearchResult found, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await Task.CompletedTask;
        var quotes = SentenceSelection.Select(question, found);
        if (quotes.Count == 0)
        {
            yield return new AnswerEvent.Delta(NotFoundText.For(question));
            yield return new AnswerEvent.Done(AnswerFound: false, Name, Usage: null);
            yield break;
        }

        for (var i = 0; i < quotes.Count; i++)
        {
            var citation = Citations.Of(i + 1, quotes[i].Evidence, quotes[i].Start, quotes[i].End);
            yield return new AnswerEvent.Cited(citation);
            yield return new AnswerEvent.Delta($"{(i == 0 ? "" : " ")}{OneLine(citation.Quote)} [{citation.Number}]");
        }

        yield return new AnswerEvent.Done(AnswerFound: true, Name, Usage: null);
    }

    // A sentence that spans lines in its source is one line in the answer; the citation keeps the exact text. A bracketed number in
    // the source must not pass for a marker of ours.
    private static string OneLine(string quote) => PlainMarkers.Defused(string.Join(' ', quote.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
}
