namespace Rag.Core.Extraction.Pdf;

/// <summary>One line of text on a page; lengths in points, from the page's upper left corner.</summary>
/// <param name="Page">From 1.</param>
/// <param name="Block">Counts the blocks of the whole document.</param>
/// <param name="Text">Its words.</param>
/// <param name="Top">Upper edge.</param>
/// <param name="Height">Of its tallest word, which follows the size of the font.</param>
/// <param name="PageHeight">Height of the page.</param>
internal readonly record struct PdfLine(int Page, int Block, string Text, float Top, float Height, float PageHeight)
{
    public float Bottom => Top + Height;
}
