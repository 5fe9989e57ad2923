namespace Rag.Core.Chunking;

/// <summary>What a chunk is put together from.</summary>
internal enum UnitKind
{
    Heading,

    /// <summary>A whole sentence; the only thing that may be repeated as overlap.</summary>
    Sentence,

    /// <summary>Part of something that was too long: words of an endless sentence, lines of a long table.</summary>
    Piece,

    /// <summary>A whole table or code block.</summary>
    Whole,
}

/// <summary>The smallest part that is not cut again; never more than the limit of a chunk.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Start">First code unit.</param>
/// <param name="End">One past the last.</param>
/// <param name="Tokens">Estimated tokens.</param>
/// <param name="Block">Index of its block.</param>
/// <param name="BlockTokens">For the first unit of a block the tokens of the whole block, else 0.</param>
internal readonly record struct ChunkUnit(UnitKind Kind, int Start, int End, int Tokens, int Block, int BlockTokens);

/// <summary>A heading, if there is one, and what stands under it until the next heading.</summary>
/// <param name="Path">Headings outermost first, its own included.</param>
/// <param name="First">Index of its first unit.</param>
/// <param name="End">One past its last unit.</param>
/// <param name="Tokens">Tokens of all its units.</param>
internal readonly record struct ChunkSection(IReadOnlyList<string> Path, int First, int End, int Tokens);

/// <summary>Settings made consistent with each other: the target never beyond the limit, the overlap at most 15 % of the target.</summary>
internal readonly record struct ChunkLimits(int Target, int Max, int Overlap)
{
    public static ChunkLimits From(ChunkingSettings settings)
    {
        const int LargestOverlapPercent = 15;
        var target = Math.Min(settings.TargetTokens, settings.MaxTokens);
        return new ChunkLimits(target, settings.MaxTokens, Math.Clamp(settings.OverlapTokens, 0, target * LargestOverlapPercent / 100));
    }
}
