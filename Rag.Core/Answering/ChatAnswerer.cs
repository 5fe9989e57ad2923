using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Rag.Core.Embedding;
using Rag.Core.Retrieval;

namespace Rag.Core.Answering;

/// <summary>
/// Lets a chat model answer from the evidence. When the model does not answer at all, the extractive answerer does instead and says
/// so; when it breaks off after text was shown, the stream ends with <c>model-away</c>.
/// </summary>
internal sealed partial class ChatAnswerer(IChatClient client, ChatModelOptions options, ExtractiveAnswerer fallback, ILogger<ChatAnswerer> logger) : IAnswerer
{
    private const string FallbackNotice = "The chat model did not answer, so these are sentences of the documents.";

    public string Kind => "chat";

    public string Model { get; } = options.Model ?? "";

    public async IAsyncEnumerable<AnswerEvent> AnswerAsync(
        Question question, SearchResult found, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (found.Evidence.Count == 0)
        {
            yield return new AnswerEvent.Delta(NotFoundText.For(question));
            yield return new AnswerEvent.Done(AnswerFound: false, Model, Usage: null);
            yield break;
        }

        var text = new CitationStream(found.Evidence);
        TokenUsage? usage = null;
        var opening = "";
        var isOpen = false;
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var updates = client
            .GetStreamingResponseAsync(ChatPrompt.Build(question, found), new ChatOptions { MaxOutputTokens = options.MaxOutputTokens, Temperature = 0 }, silence.Token)
            .GetAsyncEnumerator(silence.Token);
        while (true)
        {
            RagException? failure = null;
            // Only while the model is waited for: a reader who takes long over what came is not its silence.
            silence.CancelAfter(options.Timeout);
            try
            {
                if (!await updates.MoveNextAsync())
                {
                    break;
                }
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested && ModelFailure.From(e, ChatModelOptions.Section, options.Timeout) is { } known)
            {
                failure = known;
            }

            silence.CancelAfter(Timeout.InfiniteTimeSpan);
            if (failure is not null)
            {
                LogFailed(failure.Message);
                if (text.HasText)
                {
                    throw failure;
                }

                await foreach (var step in FallBackAsync(question, found, cancellationToken))
                {
                    yield return step;
                }

                yield break;
            }

            usage = UsageOf(updates.Current) ?? usage;
            if (!isOpen)
            {
                // Held back until it cannot be the word for "not found" any more.
                opening = (opening + updates.Current.Text).TrimStart();
                isOpen = opening.Length > ChatPrompt.NotFound.Length && !opening.StartsWith(ChatPrompt.NotFound, StringComparison.Ordinal);
                if (!isOpen)
                {
                    continue;
                }
            }

            foreach (var step in text.Add(opening.Length > 0 ? opening : updates.Current.Text))
            {
                yield return step;
            }

            opening = "";
        }

        if (!isOpen && !opening.StartsWith(ChatPrompt.NotFound, StringComparison.Ordinal))
        {
            foreach (var step in text.Add(opening))
            {
                yield return step;
            }
        }

        foreach (var step in text.Finish())
        {
            yield return step;
        }

        if (!text.HasText)
        {
            yield return new AnswerEvent.Delta(NotFoundText.For(question));
        }

        // Text without one citation that stood the check is not called an answer from the documents.
        yield return new AnswerEvent.Done(text.HasText && text.Count > 0, Model, usage);
    }

    private async IAsyncEnumerable<AnswerEvent> FallBackAsync(
        Question question, SearchResult found, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Activity.Current?.SetTag("rag.answerer.fallback", true);
        await foreach (var step in fallback.AnswerAsync(question, found, cancellationToken))
        {
            yield return step is AnswerEvent.Done done ? done with { Notice = FallbackNotice } : step;
        }
    }

    private static TokenUsage? UsageOf(ChatResponseUpdate update) => update.Contents.OfType<UsageContent>().LastOrDefault() is { Details: var details }
        ? new TokenUsage(details.InputTokenCount ?? 0, details.OutputTokenCount ?? 0)
        : null;

    [LoggerMessage(3101, LogLevel.Warning, "The chat model failed: {Reason}")]
    private partial void LogFailed(string reason);
}
