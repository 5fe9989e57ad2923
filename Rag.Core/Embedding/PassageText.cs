using Rag.Core.Chunking;

namespace Rag.Core.Embedding;

/// <summary>What of a chunk is embedded.</summary>
public static class PassageText
{
    /// <summary>The chunk's text under its title and headings: a passage out of its context often does not say what it is about.</summary>
    public static string Of(string? title, Chunk chunk)
    {
        ArgumentNullException.ThrowIfNull(chunk);
        var context = string.Join(" > ", chunk.Headings.Prepend(title).Where(static part => !string.IsNullOrEmpty(part)).Distinct(StringComparer.OrdinalIgnoreCase));
        return context.Length == 0 ? chunk.Text : $"{context}\n{chunk.Text}";
    }
}
