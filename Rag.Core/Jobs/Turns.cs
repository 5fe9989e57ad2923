using Rag.Core.Documents;

namespace Rag.Core.Jobs;

/// <summary>
/// Which collections this process served, the last one last: among those with as much in work, the others come first. And how often, since
/// every collection's own turns tell when what is in bulk there goes first. Every process keeps its own, which is fair enough and costs no
/// write. Thread-safe.
/// </summary>
internal sealed class Turns
{
    // Who was served before that many others may as well count as never served.
    private const int MostRemembered = 256;

    // One job in so many begins further down: else somebody who uploads without a pause would keep what is in bulk waiting for ever.
    private const int LowerTurn = 8;

    private readonly Lock _lock = new();
    private readonly List<Guid> _served = [];
    private readonly Dictionary<Guid, int> _times = [];

    /// <summary>What the next claim has to know.</summary>
    public NextTurns Next(Random random)
    {
        lock (_lock)
        {
            // With more collections than are remembered each may be forgotten whenever it comes again, and chance has to count for it.
            var others = _served.Count < MostRemembered ? JobPriority.Asked : BeginOf(random.Next(2 * LowerTurn));
            return new NextTurns([.. _served], [.. _served.Select(collection => (short)BeginOf(_times[collection]))], (short)others);
        }
    }

    public void Take(CollectionId collection)
    {
        lock (_lock)
        {
            if (!_served.Remove(collection.Value) && _served.Count == MostRemembered)
            {
                _times.Remove(_served[0]);
                _served.RemoveAt(0);
            }

            _served.Add(collection.Value);
            _times[collection.Value] = (_times.GetValueOrDefault(collection.Value) + 1) % (2 * LowerTurn);
        }
    }

    /// <summary>The highest priority that goes first after so many jobs. The two lower ones take turns, so that neither keeps the other waiting for ever.</summary>
    private static JobPriority BeginOf(int times) => times switch
    {
        LowerTurn - 1 => JobPriority.Several,
        (2 * LowerTurn) - 1 => JobPriority.Bulk,
        _ => JobPriority.Asked,
    };
}

/// <summary>Whose turn it is, as one process sees it.</summary>
/// <param name="Served">Collections, the last one served last.</param>
/// <param name="Begin">For each of them the priority that goes first, and what is behind it; what is before it comes after.</param>
/// <param name="BeginOfOthers">That of all other collections.</param>
internal sealed record NextTurns(Guid[] Served, short[] Begin, short BeginOfOthers);
