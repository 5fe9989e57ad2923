using FsCheck;
using FsCheck.Fluent;
using Rag.Core.Chunking;
using Rag.Core.Extraction;

namespace Rag.Core.Tests.Chunking;

/// <summary>What holds for every document and every setting.</summary>
public sealed class ChunkerProperties
{
    private static readonly Gen<string> Text = Gen.Elements(
            "Pumps move water.", " ", "  ", "\n", "\n\n", "Dr. ", "e.g. ", "3.5 ", "No. 5", "a", "word ", "天気がいいです。", "日本", "😀", "e\u0301", "!", "?!\" ", "...", "- item\n",
            "x | y\n", "    indented\n", "\u00A0", "\u2028", "。", "«Так.» ", "यह है। ", new string('w', 700), string.Concat(Enumerable.Repeat("z ", 400)),
            string.Concat(Enumerable.Repeat("😀", 150)), string.Concat(Enumerable.Repeat("Short one. ", 60)))
        .ListOf()
        .Select(static parts => string.Concat(parts));

    private static readonly Gen<ChunkingSettings> Settings =
        from target in Gen.Choose(50, 500)
        from max in Gen.Choose(50, 900)
        from overlap in Gen.Choose(0, 300)
        select new ChunkingSettings { TargetTokens = target, MaxTokens = max, OverlapTokens = overlap };

    private static readonly Gen<ExtractedDocument> Built =
        (from kind in Gen.Elements(Enum.GetValues<BlockKind>())
         from level in Gen.Choose(1, 6)
         from text in Text
         select new ChunkerTests.TestBlock(kind, text, level))
        .ListOf()
        .Select(static blocks => ChunkerTests.DocumentOf([.. blocks]));

    // Blocks that leave text out, as no extractor may make them.
    private static readonly Gen<ExtractedDocument> Gappy =
        from text in Text
        from cuts in Gen.Choose(0, Math.Max(1, text.Length)).ListOf()
        select WithBlocksAt(TextNormalizer.Normalize(text), [.. cuts.Select(cut => Math.Min(cut, text.Length)).Distinct().Order()]);

    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(400);

    [Fact]
    public void The_promises_of_a_chunk_hold_for_every_document() =>
        Check.One(Runs, Prop.ForAll(Cases(Gen.OneOf(Built, Gappy)), static value => Holds(value.Item1, value.Item2)));

    [Fact]
    public void Tables_and_code_within_the_limit_are_never_cut() =>
        Check.One(Runs, Prop.ForAll(Cases(Built), static value =>
        {
            var (document, settings) = value;
            var chunks = Chunker.Chunk(document, settings);
            foreach (var block in document.Blocks.Where(static block => block.Kind is BlockKind.Table or BlockKind.Code))
            {
                if (TokenEstimate.Count(document.Text.AsSpan(block.Start, block.End - block.Start)) <= settings.MaxTokens)
                {
                    Assert.Contains(chunks, chunk => chunk.Start <= block.Start && chunk.End >= block.End);
                }
            }
        }));

    [Fact]
    public void Sentences_cover_every_text_without_overlap() =>
        Check.One(Runs, Prop.ForAll(Text.ToArbitrary(), static text =>
        {
            var at = 0;
            foreach (var sentence in SentenceSplitter.Split(text))
            {
                Assert.True(sentence.Start >= at && sentence.End > sentence.Start);
                Assert.True(text.AsSpan(at, sentence.Start - at).IsWhiteSpace());
                Assert.False(char.IsWhiteSpace(text[sentence.Start]) || char.IsWhiteSpace(text[sentence.End - 1]));
                at = sentence.End;
            }

            Assert.True(text.AsSpan(at).IsWhiteSpace());
        }));

    [Fact]
    public void Normalised_text_is_storable_and_stays_as_it_is() =>
        Check.One(Runs, Prop.ForAll(Gen.Elements('\0', '\r', '\n', '\uD83D', '\uDE00', 'a', '\uFFFD', '\u00A0').ListOf().ToArbitrary(), static characters =>
        {
            var text = new string([.. characters]);
            var normalised = TextNormalizer.Normalize(text);
            Assert.True(TextNormalizer.IsNormalized(normalised));
            Assert.Equal(TextNormalizer.IsNormalized(text), text == normalised);
            Assert.Equal(normalised, System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(normalised)));
            Assert.Equal(
                text.Replace("\r\n", "\n", StringComparison.Ordinal).Length,
                normalised.Length);
        }));

    [Fact]
    public void The_longest_start_within_a_number_of_tokens_is_found() =>
        Check.One(Runs, Prop.ForAll((from text in Text from tokens in Gen.Choose(1, 300) select (text, tokens)).ToArbitrary(), static value =>
        {
            var length = TokenEstimate.LengthWithin(value.text, value.tokens);
            Assert.True(TokenEstimate.Count(value.text.AsSpan(0, length)) <= value.tokens);
            Assert.True(length == value.text.Length || TokenEstimate.Count(value.text.AsSpan(0, length + 1)) > value.tokens);
        }));

    private static Arbitrary<(ExtractedDocument, ChunkingSettings)> Cases(Gen<ExtractedDocument> documents) =>
        (from document in documents from settings in Settings select (document, settings)).ToArbitrary();

    private static void Holds(ExtractedDocument document, ChunkingSettings settings)
    {
        var chunks = Chunker.Chunk(document, settings);
        var covered = new bool[document.Text.Length];
        for (var i = 0; i < chunks.Count; i++)
        {
            var chunk = chunks[i];
            Assert.Equal(i, chunk.Ordinal);
            Assert.Equal(document.Text[chunk.Start..chunk.End], chunk.Text);
            Assert.True(TextNormalizer.IsNormalized(chunk.Text), "a surrogate pair was cut");
            Assert.False(string.IsNullOrWhiteSpace(chunk.Text));
            Assert.Equal(TokenEstimate.Count(chunk.Text), chunk.Tokens);
            Assert.True(chunk.Tokens <= settings.MaxTokens, $"{chunk.Tokens} of {settings.MaxTokens} tokens");
            Array.Fill(covered, true, chunk.Start, chunk.End - chunk.Start);
            if (i > 0)
            {
                AssertOverlap(document, chunks[i - 1], chunk, settings);
            }
        }

        Assert.All(document.Text.Zip(covered), static pair => Assert.True(pair.Second || char.IsWhiteSpace(pair.First)));
        Assert.Equivalent(chunks, Chunker.Chunk(document, settings));
    }

    private static void AssertOverlap(ExtractedDocument document, Chunk before, Chunk chunk, ChunkingSettings settings)
    {
        Assert.True(chunk.Start > before.Start && chunk.End > before.End, "no progress");
        if (chunk.Start < before.End)
        {
            Assert.True(TokenEstimate.Count(document.Text.AsSpan(chunk.Start, before.End - chunk.Start)) <= settings.TargetTokens * 15 / 100, "too much overlap");
            Assert.DoesNotContain(document.Blocks, block => block.Kind == BlockKind.Heading && block.Start < before.End && block.End > chunk.Start);
        }
    }

    private static ExtractedDocument WithBlocksAt(string text, IReadOnlyList<int> cuts)
    {
        var blocks = new List<Block>();
        for (var i = 0; i + 1 < cuts.Count; i += 2)
        {
            var (start, end) = (OffPair(text, cuts[i]), OffPair(text, cuts[i + 1]));
            if (end > start)
            {
                blocks.Add(new Block((BlockKind)(i / 2 % 6), start, end, i % 3 == 0 ? [] : ["Here"], null, i / 2 % 6 == 1 ? 1 : 0));
            }
        }

        return new ExtractedDocument { Text = text, Blocks = blocks, Extractor = "t", MediaType = "text/plain" };
    }

    private static int OffPair(string text, int at) => at > 0 && at < text.Length && char.IsLowSurrogate(text[at]) && char.IsHighSurrogate(text[at - 1]) ? at - 1 : at;
}
