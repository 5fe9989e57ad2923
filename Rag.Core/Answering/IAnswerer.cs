using Rag.Core.Retrieval;

namespace Rag.Core.Answering;

/// <summary>Turns evidence into an answer. Thread-safe.</summary>
internal interface IAnswerer
{
    /// <summary><c>extractive</c> or <c>chat</c>; a low-cardinality tag.</summary>
    string Kind { get; }

    /// <summary>Model name as it is shown.</summary>
    string Model { get; }

    /// <summary>Text and citations, then exactly one <see cref="AnswerEvent.Done"/>; every marker is checked and announced by a citation before it.</summary>
    IAsyncEnumerable<AnswerEvent> AnswerAsync(Question question, SearchResult found, CancellationToken cancellationToken);
}
