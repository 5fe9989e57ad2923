namespace Rag.Core.Embedding;

/// <summary>Keeps the vectors of the queries asked last: people repeat themselves, and a model takes longer than the search. Thread-safe.</summary>
internal sealed class QueryCachingEmbedder(IEmbedder inner, int capacity, EmbeddingTelemetry telemetry) : IEmbedder
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<(string Text, float[] Vector)>> _known = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Text, float[] Vector)> _byUse = [];

    public EmbeddingSpace Space => inner.Space;

    public Task<IReadOnlyList<float[]>> EmbedPassagesAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken) =>
        inner.EmbedPassagesAsync(texts, cancellationToken);

    public async Task<float[]> EmbedQueryAsync(string text, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_known.TryGetValue(text, out var node))
            {
                _byUse.Remove(node);
                _byUse.AddFirst(node);
                telemetry.LookedUp("memory", hits: 1, misses: 0);
                return node.Value.Vector;
            }
        }

        telemetry.LookedUp("memory", hits: 0, misses: 1);
        var vector = await inner.EmbedQueryAsync(text, cancellationToken);
        lock (_gate)
        {
            if (_known.TryAdd(text, _byUse.AddFirst((text, vector))))
            {
                if (_known.Count > capacity)
                {
                    _known.Remove(_byUse.Last!.Value.Text);
                    _byUse.RemoveLast();
                }
            }
            else
            {
                // Asked twice at the same time: the first one stays.
                _byUse.RemoveFirst();
            }
        }

        return vector;
    }
}
