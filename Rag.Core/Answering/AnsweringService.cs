using System.Runtime.CompilerServices;
using Rag.Core.Retrieval;

namespace Rag.Core.Answering;

/// <summary>Answers questions from evidence. Thread-safe.</summary>
public sealed class AnsweringService(RetrievalService retrieval)
{
    /// <summary>Answers as a stream: first what was found, then text and checked citations, last whether it is an answer.</summary>
    /// <exception cref="RagException">As from <see cref="RetrievalService.SearchAsync"/>; <c>model-away</c> when a configured chat model does not answer.</exception>
    public async IAsyncEnumerable<AnswerEvent> AskAsync(Question question, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(question);
        var found = await retrieval.SearchAsync(
            new SearchQuery { Collection = question.Collection, Text = question.Text, Mode = question.Mode, Filter = question.Filter },
            cancellationToken);
        yield return new AnswerEvent.Found(found);
    }
}
