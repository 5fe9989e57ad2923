using System.Diagnostics;
using System.Runtime.CompilerServices;
using Rag.Core.Indexing.Analysis;
using Rag.Core.Retrieval;

namespace Rag.Core.Answering;

/// <summary>Answers questions from evidence. Thread-safe.</summary>
public sealed class AnsweringService
{
    // What a person reads and a small model's context holds.
    private const int Passages = 8;
    private const int EvidenceTokens = 3000;

    // A follow-up such as "and in winter?" names its subject in the question before it.
    private const int TermsOfFollowUp = 2;

    private readonly RetrievalService _retrieval;
    private readonly IAnswerer _answerer;
    private readonly AnsweringTelemetry _telemetry;

    internal AnsweringService(RetrievalService retrieval, IAnswerer answerer, AnsweringTelemetry telemetry)
    {
        _retrieval = retrieval;
        _answerer = answerer;
        _telemetry = telemetry;
    }

    /// <summary>The chat model's name, or <c>extractive</c>.</summary>
    public string Model => _answerer.Model;

    /// <summary>Whether a chat model answers, which takes seconds.</summary>
    public bool UsesModel => _answerer is ChatAnswerer;

    /// <summary>Answers as a stream: first what was found, then text and checked citations, last whether it is an answer.</summary>
    /// <exception cref="RagException">As from <see cref="RetrievalService.SearchAsync"/>; <c>model-away</c> when a configured chat model does not answer.</exception>
    public async IAsyncEnumerable<AnswerEvent> AskAsync(Question question, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(question);
        using var span = _telemetry.Source.StartActivity("ask");
        span?.SetTag("rag.answerer", _answerer.Kind);
        var started = Stopwatch.GetTimestamp();
        var query = new SearchQuery
        {
            Collection = question.Collection,
            Text = QueryText(question),
            Mode = question.Mode,
            Filter = question.Filter,
            Limit = Passages,
            TokenBudget = EvidenceTokens,
            WithoutNearDuplicates = true,
        };
        var found = await UnderAsync(span, () => new ValueTask<SearchResult>(_retrieval.SearchAsync(query, cancellationToken)));
        yield return new AnswerEvent.Found(found);

        var isFirst = true;
        await using var steps = _answerer.AnswerAsync(question, found, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await UnderAsync(span, steps.MoveNextAsync))
        {
            var step = steps.Current;
            if (isFirst && step is AnswerEvent.Delta)
            {
                isFirst = false;
                _telemetry.FirstText(Stopwatch.GetElapsedTime(started), _answerer.Kind);
            }

            if (step is AnswerEvent.Done done)
            {
                _telemetry.Answered(done, _answerer.Kind);
            }

            yield return step;
        }
    }

    /// <summary>
    /// Runs a step as a part of the span. After each <c>yield</c> the iterator goes on in its reader's context, so that what a later step
    /// calls would stand beside the span and not under it.
    /// </summary>
    private async Task<T> UnderAsync<T>(Activity? span, Func<ValueTask<T>> step)
    {
        if (span is not null)
        {
            Activity.Current = span;
        }

        try
        {
            return await step();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            var cause = e is RagException rag ? rag.Code : e.GetType().FullName;
            span?.SetStatus(ActivityStatusCode.Error, cause).SetTag("error.type", cause);
            _telemetry.Failed(_answerer.Kind);
            throw;
        }
    }

    private static string QueryText(Question question)
    {
        var terms = new List<AnalyzedTerm>();
        Analyzers.ForLanguage(question.Collection.Settings.Language).Analyze(question.Text, terms);
        var before = question.History.LastOrDefault(static t => t.FromUser)?.Content;
        return before is null || terms.Count > TermsOfFollowUp ? question.Text : $"{question.Text}\n{before}";
    }
}
