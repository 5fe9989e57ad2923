namespace Rag.Core.Embedding;

/// <summary>Text to vectors, with the prefixes and the normalisation that its space names. Thread-safe.</summary>
public interface IEmbedder
{
    /// <summary>The space of every vector that it returns.</summary>
    EmbeddingSpace Space { get; }

    /// <summary>Vectors for passages: as many as texts, in their order, each <see cref="EmbeddingSpace.Dimensions"/> long and of unit length (or all zero for text without content).</summary>
    /// <exception cref="RagException">The provider failed; transient when repeating may help.</exception>
    Task<IReadOnlyList<float[]>> EmbedPassagesAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken);

    /// <summary>The vector of a query.</summary>
    /// <exception cref="RagException">The provider failed.</exception>
    Task<float[]> EmbedQueryAsync(string text, CancellationToken cancellationToken);
}

/// <summary>What makes vectors comparable. Two vectors are, when every field is equal.</summary>
/// <param name="Provider"><c>local</c> or <c>openai</c>.</param>
/// <param name="Model">Model name.</param>
/// <param name="Revision">Changes when the same name gives other vectors.</param>
/// <param name="Dimensions">Length of a vector.</param>
/// <param name="PassagePrefix">Put before every passage.</param>
/// <param name="QueryPrefix">Put before every query.</param>
/// <param name="Normalised">Whether the vectors have unit length, so that their product is the cosine.</param>
public sealed record EmbeddingSpace(
    string Provider, string Model, string Revision, int Dimensions, string PassagePrefix = "", string QueryPrefix = "", bool Normalised = true);
