using Rag.Core.Extraction;

namespace Rag.Core.Chunking;

/// <summary>
/// A passage ready to be analysed, embedded and stored. <c>Text == document.Text[Start..End]</c>, never cutting a surrogate pair.
/// </summary>
/// <param name="Ordinal">Position in the document, from 0, without gaps.</param>
/// <param name="Start">First code unit in the extracted text.</param>
/// <param name="End">One past the last.</param>
/// <param name="Text">The passage.</param>
/// <param name="Headings">Where it stands, outermost first; context for search and model, not part of <paramref name="Text"/>.</param>
/// <param name="Page">Page it starts on, from 1; null for formats without pages.</param>
/// <param name="Tokens">Estimated tokens by <see cref="TokenEstimate"/>.</param>
/// <param name="Kind">Role of its first block.</param>
public sealed record Chunk(
    int Ordinal,
    int Start,
    int End,
    string Text,
    IReadOnlyList<string> Headings,
    int? Page,
    int Tokens,
    BlockKind Kind);
