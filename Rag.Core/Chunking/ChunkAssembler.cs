using Rag.Core.Extraction;

namespace Rag.Core.Chunking;

/// <summary>Joins units to chunks. Units are consecutive, so a chunk is the text from its first unit to its last.</summary>
internal sealed class ChunkAssembler(
    ExtractedDocument document, IReadOnlyList<ChunkUnit> units, IReadOnlyList<ChunkSection> sections, ChunkLimits limits)
{
    private readonly List<Chunk> _chunks = [];
    private readonly int _topDepth = TopDepth(sections);

    // The open chunk: units from _first to _end, which stand in sections from _firstSection on.
    private int _first;
    private int _end;
    private int _tokens;
    private int _firstSection;
    private bool _onlyHeadings;

    public IReadOnlyList<Chunk> Assemble()
    {
        for (var section = 0; section < sections.Count; section++)
        {
            if (!IsOpenEmpty && !Joins(section))
            {
                Close(section - 1);
            }

            if (IsOpenEmpty)
            {
                Open(sections[section].First, section);
            }

            AddSection(section);
        }

        Close(sections.Count - 1);
        return _chunks;
    }

    private bool IsOpenEmpty => _first == _end;

    /// <summary>Whether the next section continues the open chunk instead of starting its own.</summary>
    private bool Joins(int section)
    {
        if (_onlyHeadings)
        {
            return true; // a heading alone says nothing: it goes with what follows it
        }

        var next = sections[section];
        if (_tokens + next.Tokens > limits.Target)
        {
            return false;
        }

        // Short neighbours under the same top heading are read together; under different ones only crumbs are.
        return TopOf(sections[_firstSection]) == TopOf(next)
            ? _tokens < limits.Target / 2
            : _tokens < limits.Target / 4 && next.Tokens < limits.Target / 4;
    }

    private string? TopOf(ChunkSection section) => section.Path.Count > _topDepth ? section.Path[_topDepth] : null;

    /// <summary>The depth of headings that part the document: usually one title stands above everything and parts nothing.</summary>
    private static int TopDepth(IReadOnlyList<ChunkSection> sections)
    {
        for (var depth = 0; ; depth++)
        {
            string? shared = null;
            foreach (var section in sections)
            {
                if (section.Path.Count > depth)
                {
                    shared ??= section.Path[depth];
                    if (section.Path[depth] != shared)
                    {
                        return depth;
                    }
                }
            }

            if (shared is null)
            {
                return 0; // one heading below the other: there is nothing to part
            }
        }
    }

    private void AddSection(int section)
    {
        var remaining = sections[section].Tokens;
        for (var i = sections[section].First; i < sections[section].End; i++)
        {
            var unit = units[i];
            if (!IsOpenEmpty && EndsBefore(unit, remaining))
            {
                var overlap = OverlapBefore(i, section);
                Close(section);
                Open(overlap, section);
                for (var repeated = overlap; repeated < i; repeated++)
                {
                    Add(repeated);
                }
            }

            Add(i);
            remaining -= unit.Tokens;
        }
    }

    private bool EndsBefore(ChunkUnit unit, int remaining)
    {
        if (_tokens + unit.Tokens > limits.Max)
        {
            return true;
        }

        if (_onlyHeadings || unit.Kind == UnitKind.Heading)
        {
            return false;
        }

        if (_tokens + remaining <= Math.Min(limits.Max, limits.Target + (limits.Target / 4)))
        {
            return false; // better a somewhat larger chunk than a last one of two lines
        }

        if (unit.Kind == UnitKind.Whole && _tokens < limits.Target / 4)
        {
            return false; // the sentence that introduces a table stays with it
        }

        // A paragraph that does not fit any more starts the next chunk if this one is well filled; else it is cut between sentences.
        var startsBlock = unit.BlockTokens > 0;
        return _tokens + unit.Tokens > limits.Target
            || (startsBlock && _tokens >= limits.Target * 3 / 5 && _tokens + unit.BlockTokens > limits.Target);
    }

    /// <summary>Index of the first sentence to repeat before unit <paramref name="next"/>; <paramref name="next"/> itself for none.</summary>
    private int OverlapBefore(int next, int section)
    {
        var from = next;
        if (units[next].Kind != UnitKind.Sentence)
        {
            return from;
        }

        var tokens = 0;
        while (from - 1 > _first && from - 1 >= sections[section].First && units[from - 1].Kind == UnitKind.Sentence)
        {
            tokens += units[from - 1].Tokens;
            if (tokens > limits.Overlap || tokens + units[next].Tokens > limits.Max)
            {
                break;
            }

            from--;
        }

        return from;
    }

    private void Open(int first, int section)
    {
        _first = _end = first;
        _tokens = 0;
        _firstSection = section;
        _onlyHeadings = true;
    }

    private void Add(int unit)
    {
        _end = unit + 1;
        _tokens += units[unit].Tokens;
        _onlyHeadings &= units[unit].Kind == UnitKind.Heading;
    }

    private void Close(int lastSection)
    {
        if (IsOpenEmpty)
        {
            return;
        }

        var first = units[_first];
        var text = document.Text[first.Start..units[_end - 1].End];
        var block = first.Block >= 0 ? document.Blocks[first.Block] : null;
        _chunks.Add(new Chunk(
            _chunks.Count,
            first.Start,
            first.Start + text.Length,
            text,
            CommonPath(lastSection),
            block?.Page,
            TokenEstimate.Count(text),
            block?.Kind ?? BlockKind.Paragraph));
        _first = _end;
    }

    /// <summary>What the paths of all its sections begin with; sections that are nothing but a heading above others do not count.</summary>
    private IReadOnlyList<string> CommonPath(int lastSection)
    {
        IReadOnlyList<string>? common = null;
        for (var i = _firstSection; i <= lastSection && sections[i].First < _end; i++)
        {
            var isHeadingAlone = sections[i].End - sections[i].First == 1 && units[sections[i].First].Kind == UnitKind.Heading;
            if (isHeadingAlone && i < lastSection)
            {
                continue;
            }

            common = common is null ? sections[i].Path : Shared(common, sections[i].Path);
        }

        return common ?? sections[_firstSection].Path;
    }

    private static IReadOnlyList<string> Shared(IReadOnlyList<string> left, IReadOnlyList<string> right)
    {
        var length = 0;
        while (length < left.Count && length < right.Count && left[length] == right[length])
        {
            length++;
        }

        return length == left.Count ? left : [.. left.Take(length)];
    }
}
