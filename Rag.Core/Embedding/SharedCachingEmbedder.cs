using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Rag.Core.Caching;
using StackExchange.Redis;

namespace Rag.Core.Embedding;

/// <summary>
/// Keeps a model's vectors in Redis, for workers and APIs together: a passage that comes again, a document that is tried again and a
/// query that was asked through another replica need no call. Text never gets there, only its SHA-256. What comes back is used only when
/// it is a vector of this space: as long as it must be, finite, of unit length. Without Redis every text goes to the model. Thread-safe.
/// </summary>
internal sealed class SharedCachingEmbedder(IEmbedder inner, CacheConnection cache, TimeSpan lifetime, EmbeddingTelemetry telemetry) : IEmbedder
{
    // What the model made of one batch stays known when the next one fails.
    private const int BatchSize = 64;
    private const float LengthTolerance = 1e-3f;

    private readonly string _prefix = PrefixOf(inner.Space);

    public EmbeddingSpace Space => inner.Space;

    public async Task<IReadOnlyList<float[]>> EmbedPassagesAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        var vectors = new List<float[]>(texts.Count);
        foreach (var batch in texts.Chunk(BatchSize))
        {
            vectors.AddRange(await EmbedBatchAsync(batch, cancellationToken));
        }

        return vectors;
    }

    public async Task<float[]> EmbedQueryAsync(string text, CancellationToken cancellationToken)
    {
        RedisKey[] key = [KeyOf('q', text)];
        if ((await FindAsync(key, cancellationToken))[0] is { } known)
        {
            return known;
        }

        var vector = await inner.EmbedQueryAsync(text, cancellationToken);
        await KeepAsync(key, [vector], cancellationToken);
        return vector;
    }

    /// <summary>Float32, little-endian.</summary>
    internal static byte[] Encode(float[] vector)
    {
        var bytes = new byte[vector.Length * sizeof(float)];
        for (var i = 0; i < vector.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), vector[i]);
        }

        return bytes;
    }

    /// <summary>The vector; null when the bytes are none of this space.</summary>
    internal static float[]? Decode(byte[]? bytes, int dimensions)
    {
        if (bytes is null || bytes.Length != dimensions * sizeof(float))
        {
            return null;
        }

        var vector = new float[dimensions];
        for (var i = 0; i < dimensions; i++)
        {
            vector[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(i * sizeof(float)));
        }

        // Not a number compares as false. All zero is what a model gives for no content, if at all: that is not worth believing.
        return MathF.Abs(TensorPrimitives.Norm<float>(vector) - 1) < LengthTolerance ? vector : null;
    }

    private static string PrefixOf(EmbeddingSpace space)
    {
        // As JSON, so that no two spaces run into the same text.
        var hash = SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(space));
        return $"rag:vector:{Convert.ToHexStringLower(hash.AsSpan(0, 8))}";
    }

    private RedisKey KeyOf(char kind, string text) => $"{_prefix}:{kind}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";

    private async Task<IReadOnlyList<float[]>> EmbedBatchAsync(string[] texts, CancellationToken cancellationToken)
    {
        var keys = Array.ConvertAll(texts, text => KeyOf('p', text));
        var vectors = await FindAsync(keys, cancellationToken);
        // Boilerplate comes several times in one document.
        var missing = Enumerable.Range(0, texts.Length).Where(i => vectors[i] is null).DistinctBy(i => keys[i]).ToArray();
        if (missing.Length == 0)
        {
            return vectors!;
        }

        var made = await inner.EmbedPassagesAsync(Array.ConvertAll(missing, i => texts[i]), cancellationToken);
        if (made.Count != missing.Length)
        {
            throw new RagException(ModelFailure.Away, $"The embedding model returned {made.Count} vectors for {missing.Length} texts. Check Rag:Embedding:Model.");
        }

        var byKey = Enumerable.Range(0, missing.Length).ToDictionary(i => keys[missing[i]], i => made[i]);
        for (var i = 0; i < vectors.Length; i++)
        {
            vectors[i] ??= byKey[keys[i]];
        }

        await KeepAsync(Array.ConvertAll(missing, i => keys[i]), made, cancellationToken);
        return vectors!;
    }

    private async Task<float[]?[]> FindAsync(RedisKey[] keys, CancellationToken cancellationToken)
    {
        var reply = await cache.AskAsync(database => database.StringGetAsync(keys), cancellationToken);
        var vectors = reply is { Answered: true, Value: { } found } && found.Length == keys.Length
            ? Array.ConvertAll(found, value => Decode(value, Space.Dimensions))
            : new float[]?[keys.Length];
        var hits = vectors.Count(static vector => vector is not null);
        telemetry.LookedUp("redis", hits, vectors.Length - hits);
        return vectors;
    }

    private async Task KeepAsync(RedisKey[] keys, IReadOnlyList<float[]> vectors, CancellationToken cancellationToken) => await cache.AskAsync(
        database => Task.WhenAll(keys.Select((key, i) => database.StringSetAsync(key, Encode(vectors[i]), lifetime))), cancellationToken);
}
