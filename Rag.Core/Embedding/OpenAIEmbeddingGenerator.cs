using System.ClientModel;
using System.ClientModel.Primitives;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Embeddings;

namespace Rag.Core.Embedding;

/// <summary>The OpenAI client as the abstraction that the engine is written against.</summary>
internal sealed class OpenAIEmbeddingGenerator(EmbeddingClient client) : IEmbeddingGenerator<string, Embedding<float>>
{
    public static OpenAIEmbeddingGenerator Create(EmbeddingOptions options) => new(new EmbeddingClient(
        options.Model,
        new ApiKeyCredential(ApiKeys.Read(options.ApiKey, options.ApiKeyFile)),
        new OpenAIClientOptions { Endpoint = options.BaseUrl, NetworkTimeout = options.Timeout, RetryPolicy = new ClientRetryPolicy(maxRetries: 3) }));

    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, Microsoft.Extensions.AI.EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        var result = await client.GenerateEmbeddingsAsync(
            values, new OpenAI.Embeddings.EmbeddingGenerationOptions { Dimensions = options?.Dimensions }, cancellationToken);
        return [.. result.Value.OrderBy(static e => e.Index).Select(static e => new Embedding<float>(e.ToFloats()))];
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceKey is null && serviceType.IsInstanceOfType(client) ? client : null;

    public void Dispose()
    {
        // The client holds nothing of its own.
    }
}
