using Rag.Core.Extraction;

namespace Rag.Core.Chunking;

/// <summary>
/// Cuts a document into passages along its structure: sections first, then paragraphs, then sentences. Pure, deterministic and
/// linear in the length of the text.
/// </summary>
public static class Chunker
{
    /// <summary>Stored with the chunks; changes when the same document would be cut differently.</summary>
    public const string Version = "structure-1";

    /// <summary>
    /// The passages of <paramref name="document"/> in order. Every character that is not white space is in at least one; a table or
    /// code block is whole unless it alone exceeds the limit; the overlap repeats whole sentences and never crosses a heading.
    /// A document without text has none.
    /// </summary>
    public static IReadOnlyList<Chunk> Chunk(ExtractedDocument document, ChunkingSettings settings)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(settings);
        var limits = ChunkLimits.From(settings);
        var reader = new SectionReader(document, limits);
        var sections = reader.Read();
        return new ChunkAssembler(document, reader.Units, sections, limits).Assemble();
    }
}
