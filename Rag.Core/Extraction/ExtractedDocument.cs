namespace Rag.Core.Extraction;

/// <summary>
/// What an extractor makes of a file. <see cref="Text"/> has <c>\n</c> line ends, no NUL and no lone surrogate (both become
/// U+FFFD) and no other normalisation; every offset in the product points into it, in UTF-16 code units, half-open.
/// </summary>
public sealed record ExtractedDocument
{
    /// <summary>The whole text. May be empty.</summary>
    public required string Text { get; init; }

    /// <summary>Non-overlapping, ascending by <see cref="Block.Start"/>; text between two blocks is white space.</summary>
    public required IReadOnlyList<Block> Blocks { get; init; }

    /// <summary>Name and version of the extractor, for example <c>pdf-1</c>.</summary>
    public required string Extractor { get; init; }

    /// <summary>The media type that was recognised from the content, not the declared one.</summary>
    public required string MediaType { get; init; }

    /// <summary>The title that the document itself states; null when it states none.</summary>
    public string? Title { get; init; }

    /// <summary>Number of pages; null for formats without pages.</summary>
    public int? Pages { get; init; }

    /// <summary>What a person should know although the extraction succeeded: pages without text, unknown encoding.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>A run of text with one role in the document.</summary>
/// <param name="Kind">Its role.</param>
/// <param name="Start">First code unit in <see cref="ExtractedDocument.Text"/>.</param>
/// <param name="End">One past the last.</param>
/// <param name="Headings">The headings it stands under, outermost first; a heading block does not name itself.</param>
/// <param name="Page">Page it starts on, from 1; null for formats without pages.</param>
/// <param name="Level">For headings 1 to 6; else 0.</param>
public sealed record Block(BlockKind Kind, int Start, int End, IReadOnlyList<string> Headings, int? Page = null, int Level = 0);

/// <summary>Role of a block.</summary>
public enum BlockKind
{
    /// <summary>Running text.</summary>
    Paragraph,

    /// <summary>A heading; opens a section for the blocks after it.</summary>
    Heading,

    /// <summary>One item of a list.</summary>
    ListItem,

    /// <summary>A whole table, one row per line, cells separated by <c> | </c>.</summary>
    Table,

    /// <summary>Source code or preformatted text.</summary>
    Code,

    /// <summary>A quotation.</summary>
    Quote,
}
