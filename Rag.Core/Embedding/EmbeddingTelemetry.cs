using System.Diagnostics.Metrics;

namespace Rag.Core.Embedding;

/// <summary>Counts what the caches before a model save.</summary>
internal sealed class EmbeddingTelemetry : IDisposable
{
    private readonly Meter _meter = new("Rag.Embedding");
    private readonly Counter<long> _lookups;

    public EmbeddingTelemetry() =>
        _lookups = _meter.CreateCounter<long>("rag.embedding.lookups", "{text}", "Texts that were looked for among those that a model embedded before.");

    /// <summary>Texts that a cache was asked for.</summary>
    /// <param name="cache"><c>memory</c> of the process, or <c>redis</c>.</param>
    /// <param name="hits">Known ones.</param>
    /// <param name="misses">Others.</param>
    public void LookedUp(string cache, int hits, int misses)
    {
        // Also none: a share of the hits needs both.
        _lookups.Add(hits, new("cache", cache), new("outcome", "hit"));
        _lookups.Add(misses, new("cache", cache), new("outcome", "miss"));
    }

    public void Dispose() => _meter.Dispose();
}
