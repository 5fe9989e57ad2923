using Rag.Core.Documents;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>Collections that failed in a version and wait before they are tried again in it, longer each time.</summary>
internal sealed class Rests(TimeProvider time)
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(5);

    private readonly Dictionary<(int Version, CollectionId Collection), (long Since, TimeSpan Wait)> _waits = [];

    /// <summary>Whether any has failed and has not worked since.</summary>
    public bool Any => _waits.Count > 0;

    /// <summary>As <see cref="Any"/>, in one version.</summary>
    public bool AnyOf(int version) => _waits.Keys.Any(key => key.Version == version);

    public bool IsResting(int version, CollectionId collection) =>
        _waits.TryGetValue((version, collection), out var rest) && time.GetElapsedTime(rest.Since) < rest.Wait;

    /// <returns>Whether it did not fail before.</returns>
    public bool Begin(int version, CollectionId collection)
    {
        var isFirst = !_waits.TryGetValue((version, collection), out var rest);
        _waits[(version, collection)] = (time.GetTimestamp(), isFirst ? FirstWait : rest.Wait * 2 < MaxWait ? rest.Wait * 2 : MaxWait);
        return isFirst;
    }

    public void End(int version, CollectionId collection) => _waits.Remove((version, collection));

    /// <summary>Forgets those of a version with which there is nothing to do any more.</summary>
    public void Keep(int version, IReadOnlySet<CollectionId> collections) => Forget(key => key.Version == version && !collections.Contains(key.Collection));

    /// <summary>Forgets those of versions that there are no more.</summary>
    public void Keep(IReadOnlyCollection<int> versions) => Forget(key => !versions.Contains(key.Version));

    private void Forget(Func<(int Version, CollectionId Collection), bool> isOver)
    {
        foreach (var key in _waits.Keys.Where(isOver).ToList())
        {
            _waits.Remove(key);
        }
    }
}
