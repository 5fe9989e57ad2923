using Rag.Core.Documents;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>Collections that failed and wait before they are tried again, longer each time.</summary>
internal sealed class Rests(TimeProvider time)
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(5);

    private readonly Dictionary<CollectionId, (long Since, TimeSpan Wait)> _waits = [];

    /// <summary>Whether any has failed and has not worked since.</summary>
    public bool Any => _waits.Count > 0;

    public bool IsResting(CollectionId collection) => _waits.TryGetValue(collection, out var rest) && time.GetElapsedTime(rest.Since) < rest.Wait;

    /// <returns>Whether it did not fail before.</returns>
    public bool Begin(CollectionId collection)
    {
        var isFirst = !_waits.TryGetValue(collection, out var rest);
        _waits[collection] = (time.GetTimestamp(), isFirst ? FirstWait : rest.Wait * 2 < MaxWait ? rest.Wait * 2 : MaxWait);
        return isFirst;
    }

    public void End(CollectionId collection) => _waits.Remove(collection);
}
