using System.ClientModel;
using System.ClientModel.Primitives;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Chat;
using Rag.Core.Embedding;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace Rag.Core.Answering;

/// <summary>The OpenAI client as the abstraction that the engine is written against: text in, text and usage out.</summary>
internal sealed class OpenAIChatClient(ChatClient client) : IChatClient
{
    public static OpenAIChatClient Create(ChatModelOptions options) => new(new ChatClient(
        options.Model,
        new ApiKeyCredential(ApiKeys.Read(options.ApiKey, options.ApiKeyFile)),
        new OpenAIClientOptions { Endpoint = options.BaseUrl, NetworkTimeout = options.Timeout, RetryPolicy = new ClientRetryPolicy(maxRetries: 1) }));

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in GetStreamingResponseAsync(messages, options, cancellationToken))
        {
            updates.Add(update);
        }

        return updates.ToChatResponse();
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var request = new ChatCompletionOptions { MaxOutputTokenCount = options?.MaxOutputTokens, Temperature = options?.Temperature };
        var isComplete = false;
        await foreach (var update in client.CompleteChatStreamingAsync(messages.Select(Message), request, cancellationToken))
        {
            isComplete |= update.FinishReason is not null || update.Usage is not null;
            foreach (var part in update.ContentUpdate)
            {
                if (part.Text is { Length: > 0 } text)
                {
                    yield return new ChatResponseUpdate(ChatRole.Assistant, text);
                }
            }

            if (update.Usage is { } usage)
            {
                yield return new ChatResponseUpdate(
                    ChatRole.Assistant,
                    [new UsageContent(new UsageDetails { InputTokenCount = usage.InputTokenCount, OutputTokenCount = usage.OutputTokenCount, TotalTokenCount = usage.TotalTokenCount })]);
            }
        }

        // The client takes the end of a torn connection for the end of the answer.
        if (!isComplete)
        {
            throw new IOException("The model's answer broke off.");
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceKey is null && serviceType.IsInstanceOfType(client) ? client : null;

    public void Dispose()
    {
        // The client holds nothing of its own.
    }

    private static OpenAI.Chat.ChatMessage Message(ChatMessage message) => message.Role.Value switch
    {
        "system" => new SystemChatMessage(message.Text),
        "assistant" => new AssistantChatMessage(message.Text),
        _ => new UserChatMessage(message.Text),
    };
}
