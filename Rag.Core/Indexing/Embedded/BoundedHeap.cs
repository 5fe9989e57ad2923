using System.Runtime.InteropServices;

namespace Rag.Core.Indexing.Embedded;

/// <summary>Keeps the best of many scored items; the worst kept one is on top. Not thread-safe.</summary>
internal sealed class BoundedHeap(int capacity)
{
    private readonly List<Scored> _items = new(Math.Min(capacity, 1024));

    /// <summary>What an item must exceed to be kept.</summary>
    public float Threshold { get; private set; } = capacity == 0 ? float.PositiveInfinity : float.NegativeInfinity;

    public IReadOnlyList<Scored> Items => _items;

    public void Add(Scored item)
    {
        if (_items.Count < capacity)
        {
            _items.Add(item);
            SiftUp(_items.Count - 1);
        }
        else if (item.Score > Threshold)
        {
            _items[0] = item;
            SiftDown();
        }

        if (_items.Count == capacity && capacity > 0)
        {
            Threshold = _items[0].Score;
        }
    }

    private void SiftUp(int index)
    {
        while (index > 0 && _items[index].Score < _items[(index - 1) / 2].Score)
        {
            (_items[index], _items[(index - 1) / 2]) = (_items[(index - 1) / 2], _items[index]);
            index = (index - 1) / 2;
        }
    }

    private void SiftDown()
    {
        var index = 0;
        while ((2 * index) + 1 < _items.Count)
        {
            var child = (2 * index) + 1;
            if (child + 1 < _items.Count && _items[child + 1].Score < _items[child].Score)
            {
                child++;
            }

            if (_items[index].Score <= _items[child].Score)
            {
                return;
            }

            (_items[index], _items[child]) = (_items[child], _items[index]);
            index = child;
        }
    }
}

/// <summary>A chunk of a segment and its score.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Scored(SegmentView Part, int Chunk, float Score);
