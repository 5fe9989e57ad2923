using Rag.Core.Extraction;

namespace Rag.Core.Chunking;

/// <summary>Takes a document apart into sections of units.</summary>
internal sealed class SectionReader(ExtractedDocument document, ChunkLimits limits)
{
    private readonly List<ChunkUnit> _units = [];
    private readonly List<ChunkSection> _sections = [];
    private IReadOnlyList<string> _path = [];
    private int _sectionFirst;

    public IReadOnlyList<ChunkUnit> Units => _units;

    public IReadOnlyList<ChunkSection> Read()
    {
        var at = 0;
        for (var i = 0; i < document.Blocks.Count; i++)
        {
            var block = document.Blocks[i];
            AddProse(at, block.Start, i); // nothing but white space by contract; were it more, it must not get lost
            at = block.End;
            if (document.Text.AsSpan(block.Start, block.End - block.Start).IsWhiteSpace())
            {
                continue;
            }

            if (block.Kind == BlockKind.Heading)
            {
                EndSection();
                _path = [.. block.Headings, document.Text[block.Start..block.End]];
                AddWhole(UnitKind.Heading, block, i);
                continue;
            }

            if (_units.Count == _sectionFirst || _units[^1].Kind != UnitKind.Heading)
            {
                if (!IsSamePath(_path, block.Headings))
                {
                    EndSection();
                    _path = block.Headings;
                }
            }
            else
            {
                _path = block.Headings; // may be shortened, in contrast to the heading's own text
            }

            if (block.Kind is BlockKind.Table or BlockKind.Code)
            {
                AddWhole(UnitKind.Whole, block, i);
            }
            else
            {
                AddProse(block.Start, block.End, i);
            }
        }

        AddProse(at, document.Text.Length, document.Blocks.Count - 1);
        EndSection();
        return _sections;
    }

    private static bool IsSamePath(IReadOnlyList<string> left, IReadOnlyList<string> right) =>
        ReferenceEquals(left, right) || left.SequenceEqual(right);

    private void EndSection()
    {
        if (_units.Count > _sectionFirst)
        {
            var tokens = 0;
            for (var i = _sectionFirst; i < _units.Count; i++)
            {
                tokens += _units[i].Tokens;
            }

            _sections.Add(new ChunkSection(_path, _sectionFirst, _units.Count, tokens));
        }

        _sectionFirst = _units.Count;
    }

    private void AddProse(int start, int end, int block)
    {
        var text = document.Text.AsSpan(start, end - start);
        if (text.IsWhiteSpace())
        {
            return;
        }

        var first = _units.Count;
        foreach (var sentence in SentenceSplitter.Split(text, start))
        {
            var tokens = TokenEstimate.Count(sentence.Of(document.Text));
            if (tokens <= limits.Target)
            {
                _units.Add(new ChunkUnit(UnitKind.Sentence, sentence.Start, sentence.End, tokens, block, 0));
            }
            else
            {
                AddPieces(sentence, block);
            }
        }

        SetBlockTokens(first);
    }

    private void AddWhole(UnitKind kind, Block block, int index)
    {
        var tokens = TokenEstimate.Count(document.Text.AsSpan(block.Start, block.End - block.Start));
        var first = _units.Count;
        if (tokens <= limits.Max)
        {
            _units.Add(new ChunkUnit(kind, block.Start, block.End, tokens, index, 0));
        }
        else
        {
            AddLines(block, index);
        }

        SetBlockTokens(first);
    }

    private void AddLines(Block block, int index)
    {
        var start = block.Start;
        while (start < block.End)
        {
            var length = document.Text.AsSpan(start, block.End - start).IndexOf('\n');
            var end = length < 0 ? block.End : start + length;
            var line = document.Text.AsSpan(start, end - start);
            if (!line.IsWhiteSpace())
            {
                var tokens = TokenEstimate.Count(line);
                if (tokens <= limits.Target)
                {
                    _units.Add(new ChunkUnit(UnitKind.Piece, start, end, tokens, index, 0)); // with its indentation
                }
                else
                {
                    AddPieces(new TextSpan(start, end), index);
                }
            }

            start = end + 1;
        }
    }

    /// <summary>Cuts what has no better places between words, and without words between characters.</summary>
    private void AddPieces(TextSpan span, int block)
    {
        var start = span.Start;
        while (start < span.End)
        {
            var rest = document.Text.AsSpan(start, span.End - start);
            var length = CutAt(rest, TokenEstimate.LengthWithin(rest, limits.Target));
            var piece = rest[..length].TrimEnd();
            if (piece.Length > 0)
            {
                _units.Add(new ChunkUnit(UnitKind.Piece, start, start + piece.Length, TokenEstimate.Count(piece), block, 0));
            }

            start += length;
            while (start < span.End && char.IsWhiteSpace(document.Text[start]))
            {
                start++;
            }
        }
    }

    private static int CutAt(ReadOnlySpan<char> text, int length)
    {
        if (length >= text.Length)
        {
            return text.Length;
        }

        // Only the second half is searched: a piece must not shrink to nothing, and each character is looked at twice at most.
        var lastSpace = text[(length / 2)..length].LastIndexOfAny(" \t\n");
        if (lastSpace >= 0)
        {
            return (length / 2) + lastSpace + 1;
        }

        return length > 1 && char.IsLowSurrogate(text[length]) && char.IsHighSurrogate(text[length - 1]) ? length - 1 : length;
    }

    private void SetBlockTokens(int first)
    {
        if (first == _units.Count)
        {
            return;
        }

        var tokens = 0;
        for (var i = first; i < _units.Count; i++)
        {
            tokens += _units[i].Tokens;
        }

        _units[first] = _units[first] with { BlockTokens = tokens };
    }
}
