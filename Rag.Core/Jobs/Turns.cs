using Rag.Core.Documents;

namespace Rag.Core.Jobs;

/// <summary>
/// Which collections this process served, the last one last: among those with as much in work, the others come first. Every process keeps
/// its own, which is fair enough and costs no write. Thread-safe.
/// </summary>
internal sealed class Turns
{
    // Who was served before that many others may as well count as never served.
    private const int MostRemembered = 256;

    private readonly Lock _lock = new();
    private readonly List<Guid> _served = [];

    public Guid[] Served()
    {
        lock (_lock)
        {
            return [.. _served];
        }
    }

    public void Take(CollectionId collection)
    {
        lock (_lock)
        {
            _served.Remove(collection.Value);
            if (_served.Count == MostRemembered)
            {
                _served.RemoveAt(0);
            }

            _served.Add(collection.Value);
        }
    }
}
