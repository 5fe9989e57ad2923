using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;
using Rag.Core.Answering;
using Rag.Core.Documents;
using Rag.Core.Retrieval;

namespace Rag.Core.Tests.Answering;

public sealed class SlowReaderTests
{
    [Fact]
    public async Task A_reader_who_takes_longer_than_the_model_may_be_silent_still_gets_the_whole_answer()
    {
        var options = new ChatModelOptions { Model = "steps", Timeout = TimeSpan.FromMilliseconds(300) };
        var model = new SteppingModel(["It weighs eleven tonnes. ", "It is heavy. ", "It is old."]);
        var answerer = new ChatAnswerer(model, options, new ExtractiveAnswerer(), NullLogger<ChatAnswerer>.Instance);
        var text = "";
        await foreach (var step in answerer.AnswerAsync(Question(), Found(), default))
        {
            if (step is AnswerEvent.Delta delta)
            {
                text += delta.Text;
                // What is measured is this time.
                await Task.Delay(options.Timeout * 2);
            }
        }

        Assert.Equal("It weighs eleven tonnes. It is heavy. It is old.", text);
    }

    [Fact]
    public async Task A_model_that_falls_silent_is_given_up()
    {
        var options = new ChatModelOptions { Model = "steps", Timeout = TimeSpan.FromMilliseconds(100) };
        var answerer = new ChatAnswerer(new SteppingModel(["It weighs eleven tonnes. It is "], isSilentAtEnd: true), options, new ExtractiveAnswerer(), NullLogger<ChatAnswerer>.Instance);
        var fault = await Assert.ThrowsAsync<RagException>(async () =>
        {
            await foreach (var _ in answerer.AnswerAsync(Question(), Found(), default))
            {
            }
        });
        Assert.Equal("model-away", fault.Code);
    }

    private static Question Question() => new() { Collection = new Collection { Id = CollectionId.New(), Name = "c", Settings = new CollectionSettings() }, Text = "What does it weigh?" };

    private static SearchResult Found() => new()
    {
        Mode = SearchMode.Lexical,
        Evidence =
        [
            new Evidence
            {
                Number = 1, Chunk = new ChunkId(Guid.NewGuid()), Document = DocumentId.New(), Generation = 1, DocumentName = "d", SourceId = "s", Ordinal = 0,
                Start = 0, End = 27, Text = "It weighs eleven tonnes now", Score = 1, Scores = new EvidenceScores(1, null, null, null),
            },
        ],
    };

    private sealed class SteppingModel(string[] pieces, bool isSilentAtEnd = false) : IChatClient
    {
        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            foreach (var piece in pieces)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return new ChatResponseUpdate(ChatRole.Assistant, piece);
                await Task.Yield();
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (isSilentAtEnd)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
        }

        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
