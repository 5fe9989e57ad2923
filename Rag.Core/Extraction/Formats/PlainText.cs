namespace Rag.Core.Extraction.Formats;

/// <summary>Plain text: the text as it is, cut into paragraphs at empty lines and form feeds.</summary>
internal static class PlainText
{
    public const string Version = "text-1";

    public static ExtractedDocument Extract(string text, string mediaType, IReadOnlyList<string> warnings)
    {
        text = TextNormalizer.Normalize(text);
        return new ExtractedDocument
        {
            Text = text,
            Blocks = Paragraphs(text),
            Extractor = Version,
            MediaType = mediaType,
            Warnings = warnings,
        };
    }

    private static List<Block> Paragraphs(string text)
    {
        var blocks = new List<Block>();
        var start = -1;
        var end = 0;
        var lineEnds = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (!char.IsWhiteSpace(c))
            {
                if (start >= 0 && lineEnds >= 2 && blocks.Count < DocumentBuilder.MostBlocks - 1) // what lies beyond is one long last block
                {
                    blocks.Add(new Block(BlockKind.Paragraph, start, end, []));
                    start = -1;
                }

                start = start < 0 ? i : start;
                end = i + 1;
                lineEnds = 0;
            }
            else
            {
                lineEnds += c switch { '\n' => 1, '\f' => 2, _ => 0 };
            }
        }

        if (start >= 0)
        {
            blocks.Add(new Block(BlockKind.Paragraph, start, end, []));
        }

        return blocks;
    }
}
