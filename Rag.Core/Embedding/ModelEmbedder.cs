using System.Numerics.Tensors;
using Microsoft.Extensions.AI;

namespace Rag.Core.Embedding;

/// <summary>An embedding model behind an endpoint: prefixes, batches, unit length, and a check of what came back.</summary>
internal sealed class ModelEmbedder(IEmbeddingGenerator<string, Embedding<float>> generator, EmbeddingOptions options) : IEmbedder
{
    public EmbeddingSpace Space { get; } = new(
        "openai", options.Model ?? "", options.Revision, options.Dimensions ?? 0, options.PassagePrefix, options.QueryPrefix);

    public async Task<IReadOnlyList<float[]>> EmbedPassagesAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        var vectors = new List<float[]>(texts.Count);
        foreach (var batch in texts.Chunk(options.BatchSize))
        {
            vectors.AddRange(await EmbedAsync([.. batch.Select(t => Space.PassagePrefix + t)], cancellationToken));
        }

        return vectors;
    }

    public async Task<float[]> EmbedQueryAsync(string text, CancellationToken cancellationToken) =>
        (await EmbedAsync([Space.QueryPrefix + text], cancellationToken))[0];

    private async Task<List<float[]>> EmbedAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        GeneratedEmbeddings<Embedding<float>> embeddings;
        try
        {
            // Endpoints reject an empty input; a blank has no meaning either and keeps the count.
            embeddings = await generator.GenerateAsync(
                texts.Select(static t => string.IsNullOrWhiteSpace(t) ? " " : t),
                options.SendDimensions ? new EmbeddingGenerationOptions { Dimensions = options.Dimensions } : null,
                cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && ModelFailure.From(e, EmbeddingOptions.Section, options.Timeout) is not null)
        {
            throw ModelFailure.From(e, EmbeddingOptions.Section, options.Timeout)!;
        }

        if (embeddings.Count != texts.Count)
        {
            throw new RagException(ModelFailure.Away, $"The embedding model returned {embeddings.Count} vectors for {texts.Count} texts. Check Rag:Embedding:Model.");
        }

        return [.. embeddings.Select(UnitLength)];
    }

    private float[] UnitLength(Embedding<float> embedding)
    {
        if (embedding.Vector.Length != Space.Dimensions)
        {
            throw new RagException(
                ModelFailure.Away,
                $"The embedding model '{Space.Model}' returns {embedding.Vector.Length} dimensions, configured are {Space.Dimensions}. Set Rag:Embedding:Dimensions to {embedding.Vector.Length}.");
        }

        var vector = embedding.Vector.ToArray();
        var norm = TensorPrimitives.Norm(vector);
        if (!float.IsFinite(norm))
        {
            throw new RagException(
                ModelFailure.Away, $"The embedding model '{Space.Model}' returns vectors with values that are no finite numbers, which no index can hold. Check the model behind Rag:Embedding:BaseUrl.");
        }

        if (norm > 0)
        {
            TensorPrimitives.Divide(vector, norm, vector);
        }

        return vector;
    }
}
