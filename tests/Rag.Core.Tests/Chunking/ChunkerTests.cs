using Rag.Core.Chunking;
using Rag.Core.Extraction;

namespace Rag.Core.Tests.Chunking;

public sealed class ChunkerTests
{
    private static readonly ChunkingSettings Small = new() { TargetTokens = 60, MaxTokens = 120, OverlapTokens = 9 };

    [Fact]
    public void A_document_without_text_has_no_chunks()
    {
        Assert.Empty(Chunker.Chunk(DocumentOf(), Small));
        Assert.Empty(Chunker.Chunk(new ExtractedDocument { Text = " \n\t\n ", Blocks = [], Extractor = "t", MediaType = "text/plain" }, Small));
    }

    [Fact]
    public void A_short_document_is_one_chunk_with_its_heading_path()
    {
        var chunk = Assert.Single(Chunker.Chunk(DocumentOf(new(BlockKind.Heading, "Pumps", 1), new(BlockKind.Paragraph, "They move water.")), Small));
        Assert.Equal("Pumps\n\nThey move water.", chunk.Text);
        Assert.Equal(["Pumps"], chunk.Headings);
        Assert.Equal(0, chunk.Ordinal);
    }

    [Fact]
    public void Sections_under_different_top_headings_are_kept_apart()
    {
        var chunks = Chunker.Chunk(
            DocumentOf(
                new(BlockKind.Heading, "Pumps", 1), new(BlockKind.Paragraph, Sentences("Water moves through pump number", 3)),
                new(BlockKind.Heading, "Valves", 1), new(BlockKind.Paragraph, Sentences("Steam is held by valve number", 3))),
            Small);
        Assert.Equal(2, chunks.Count);
        Assert.Equal(["Pumps"], chunks[0].Headings);
        Assert.Equal(["Valves"], chunks[1].Headings);
        Assert.StartsWith("Valves\n\n", chunks[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Below_the_one_title_of_a_document_its_chapters_are_kept_apart()
    {
        var chunks = Chunker.Chunk(
            DocumentOf(
                new(BlockKind.Heading, "The manual", 1), new(BlockKind.Paragraph, "All about it."),
                new(BlockKind.Heading, "Pumps", 2), new(BlockKind.Paragraph, Sentences("Water moves", 6)),
                new(BlockKind.Heading, "Valves", 2), new(BlockKind.Paragraph, Sentences("Steam is held", 6))),
            Small);
        Assert.Equal(["Pumps", "Valves"], chunks.Skip(1).Select(static chunk => chunk.Headings[^1]));
    }

    [Fact]
    public void Short_neighbours_under_one_heading_are_read_together_under_their_common_heading()
    {
        var chunk = Assert.Single(Chunker.Chunk(
            DocumentOf(
                new(BlockKind.Heading, "Pumps", 1),
                new(BlockKind.Heading, "Size", 2), new(BlockKind.Paragraph, "Two metres."),
                new(BlockKind.Heading, "Weight", 2), new(BlockKind.Paragraph, "Nine tons.")),
            Small));
        Assert.Equal(["Pumps"], chunk.Headings);
    }

    [Fact]
    public void A_heading_does_not_stay_behind_at_the_end_of_a_chunk()
    {
        var chunks = Chunker.Chunk(
            DocumentOf(
                new(BlockKind.Heading, "Pumps", 1), new(BlockKind.Paragraph, Sentences("Water moves through pump number", 6)),
                new(BlockKind.Heading, "Care", 2), new(BlockKind.Paragraph, Sentences("Oil the bearing of pump number", 6))),
            Small);
        Assert.All(chunks, chunk => Assert.False(chunk.Text.EndsWith("Care", StringComparison.Ordinal), chunk.Text));
        Assert.Contains(chunks, chunk => chunk.Text.StartsWith("Care\n\nOil", StringComparison.Ordinal) && chunk.Headings.SequenceEqual(["Pumps", "Care"]));
    }

    [Fact]
    public void The_overlap_repeats_whole_sentences_and_at_most_fifteen_percent()
    {
        var settings = new ChunkingSettings { TargetTokens = 100, MaxTokens = 200, OverlapTokens = 300 };
        var chunks = Chunker.Chunk(DocumentOf(new TestBlock(BlockKind.Paragraph, Sentences("Go to", 200))), settings);
        Assert.True(chunks.Count > 3);
        foreach (var (before, after) in chunks.Zip(chunks.Skip(1)))
        {
            var shared = before.Text[(after.Start - before.Start)..];
            Assert.InRange(TokenEstimate.Count(shared), 1, 15);
            Assert.StartsWith("Go to", shared, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Nothing_is_repeated_across_a_heading()
    {
        var chunks = Chunker.Chunk(
            DocumentOf(
                new(BlockKind.Heading, "Pumps", 1), new(BlockKind.Paragraph, Sentences("Go to", 40)),
                new(BlockKind.Heading, "Valves", 1), new(BlockKind.Paragraph, Sentences("Go to", 40))),
            Small);
        var valves = chunks.First(chunk => chunk.Text.StartsWith("Valves", StringComparison.Ordinal));
        Assert.All(chunks.TakeWhile(chunk => chunk != valves), chunk => Assert.True(chunk.End <= valves.Start));
    }

    [Theory]
    [InlineData(BlockKind.Table)]
    [InlineData(BlockKind.Code)]
    public void Tables_and_code_stay_whole_up_to_the_limit(BlockKind kind)
    {
        var table = string.Join('\n', Enumerable.Range(0, 18).Select(static i => $"row {i} | 12"));
        Assert.InRange(TokenEstimate.Count(table), Small.TargetTokens + 1, Small.MaxTokens);
        var chunks = Chunker.Chunk(
            DocumentOf(new(BlockKind.Paragraph, Sentences("Go to", 20)), new(kind, table), new(BlockKind.Paragraph, Sentences("Go to", 20))), Small);
        Assert.Contains(chunks, chunk => chunk.Text.Contains(table, StringComparison.Ordinal));
    }

    [Fact]
    public void A_table_beyond_the_limit_is_cut_between_rows()
    {
        var rows = Enumerable.Range(0, 100).Select(static i => $"row {i} | 12").ToArray();
        var chunks = Chunker.Chunk(DocumentOf(new TestBlock(BlockKind.Table, string.Join('\n', rows))), Small);
        Assert.True(chunks.Count > 1);
        Assert.Equal(rows, chunks.SelectMany(static chunk => chunk.Text.Split('\n')));
    }

    [Fact]
    public void A_line_of_ten_million_characters_is_cut_without_splitting_a_surrogate_pair()
    {
        var text = string.Concat(Enumerable.Repeat("a😀b", 2_500_000));
        var document = new ExtractedDocument { Text = text, Blocks = [new Block(BlockKind.Paragraph, 0, text.Length, [])], Extractor = "t", MediaType = "text/plain" };
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var chunks = Chunker.Chunk(document, new ChunkingSettings());
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"{clock.Elapsed}");
        Assert.Equal(text.Length, chunks.Sum(static chunk => chunk.Text.Length));
        Assert.All(chunks, static chunk => Assert.False(char.IsLowSurrogate(chunk.Text[0]) || char.IsHighSurrogate(chunk.Text[^1])));
    }

    [Theory]
    [InlineData("1. ")]
    [InlineData(".")]
    [InlineData("\n ")]
    [InlineData(".\"")]
    [InlineData("A. ")]
    [InlineData("…)))")]
    [InlineData("天。")]
    [InlineData("\n- ")]
    public void Time_is_linear_whatever_is_repeated(string unit)
    {
        var document = DocumentOf(new TestBlock(BlockKind.Paragraph, "x" + string.Concat(Enumerable.Repeat(unit, 3_000_000 / unit.Length)) + "y"));
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var chunks = Chunker.Chunk(document, new ChunkingSettings());
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"{clock.Elapsed}");
        Assert.Equal(document.Text.Length, chunks[^1].End);
    }

    [Fact]
    public void A_chunk_knows_the_page_it_starts_on()
    {
        var builder = new DocumentBuilder(new ExtractionOptions());
        builder.Add(BlockKind.Paragraph, Sentences("Go to", 20), page: 3);
        builder.Add(BlockKind.Paragraph, Sentences("Stay at", 20), page: 4);
        var chunks = Chunker.Chunk(builder.Build("t", "application/pdf", null, 4), Small);
        Assert.Equal(3, chunks[0].Page);
        Assert.Equal(4, chunks[^1].Page);
    }

    private static string Sentences(string words, int count) => string.Join(' ', Enumerable.Range(1, count).Select(i => $"{words} {i}."));

    internal static ExtractedDocument DocumentOf(params TestBlock[] blocks)
    {
        var builder = new DocumentBuilder(new ExtractionOptions());
        foreach (var (kind, text, level) in blocks)
        {
            if (kind == BlockKind.Heading)
            {
                builder.AddHeading(level, text);
            }
            else
            {
                builder.Add(kind, text);
            }
        }

        return builder.Build("t", "text/plain", null);
    }

    internal readonly record struct TestBlock(BlockKind Kind, string Text, int Level = 0);
}
