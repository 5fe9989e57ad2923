using FsCheck;
using FsCheck.Fluent;
using Rag.Core.Answering;
using Rag.Core.Documents;
using Rag.Core.Retrieval;

namespace Rag.Core.Tests.Answering;

public sealed partial class CitationStreamTests
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(5000);

    // Without any quotation that stands, so that nothing in it may become a marker.
    private static readonly Gen<string> Noise = Gen.Elements(
            "[", "]", "[", "]", "[[", "]]", "［", "］", "【", "】", "〔", "⟧", "⟦", "1", "2", "37", "٣", "|", "9|x", "[[9|x]]", " ", " ", ". ", "\n", ", ", "†", ":", "^", "**",
            "\u200B", "word", "。", "\uFFFF", "[1]", " [2]")
        .ListOf()
        .Select(static parts => string.Concat(parts.Take(8)));

    private static readonly IReadOnlyList<Evidence> Passages =
    [
        Passage(1, 100, "The observatory was founded in 1894. Its dome\nweighs eleven tonnes."),
        Passage(2, 0, "Visitors are “most welcome” on Fridays – except in August."),
        Passage(3, 7, "天文台成立于一八九四年。圆顶重十一吨。"),
    ];

    [Theory]
    [InlineData("Heavy [[1|Its dome weighs eleven tonnes]].", "Heavy [1].", "Its dome\nweighs eleven tonnes")]
    [InlineData("On Fridays [[2|are \"most welcome\" on Fridays - except]]. Yes.", "On Fridays [1]. Yes.", "are “most welcome” on Fridays – except")]
    [InlineData("十一吨[[3|圆顶重十一吨]]。", "十一吨[1]。", "圆顶重十一吨")]
    [InlineData("A [[1|Its dome weighs eleven tonnes]] and again [[1|Its dome weighs eleven tonnes.]] ok.", "A [1] and again [2] ok.", "Its dome\nweighs eleven tonnes|Its dome\nweighs eleven tonnes.")]
    [InlineData("A [[1|Its dome weighs eleven tonnes]] B [[1|Its dome  weighs eleven tonnes]].", "A [1] B [1].", "Its dome\nweighs eleven tonnes")]
    public void A_quotation_that_stands_in_its_passage_becomes_a_citation_with_exact_offsets(string answer, string shown, string quotes)
    {
        foreach (var step in (int[])[1, 3, 1000])
        {
            var (text, citations) = Run(answer, step);
            Assert.Equal(shown, text);
            Assert.Equal(quotes.Split('|'), citations.Select(static c => c.Quote));
            Assert.All(citations, static c =>
            {
                var source = Passages[c.Evidence - 1];
                Assert.Equal(c.Quote, source.Text[(c.Start - source.Start)..(c.End - source.Start)]);
            });
        }
    }

    [Theory]
    [InlineData("Light [[1|Its dome weighs two tonnes]].", "Light.")] // invented quotation
    [InlineData("Other [[2|Its dome weighs eleven tonnes]].", "Other.")] // the right words, another source
    [InlineData("None [[9|Its dome weighs eleven tonnes]], really.", "None, really.")] // no such source
    [InlineData("Zero [[0|Its dome weighs eleven tonnes]].", "Zero.")]
    [InlineData("Bare [1] and [2, 3] and 【1†source】.", "Bare and and.")]
    [InlineData("Short [[1|Its]].", "Short.")]
    [InlineData("Empty [[1|]] [[|]] [[]].", "Empty.")]
    [InlineData("Nested [[1|[[1|Its dome weighs eleven tonnes]]]].", "Nested]].")]
    [InlineData("Open [[1|Its dome weighs eleven tonnes", "Open ")]
    [InlineData("Split [[[1]]].", "Split].")]
    [InlineData("Claim [ [2]1]. More", "Claim. More")] // taking one out must not leave another
    [InlineData("Claim [ [ [3]2]1]. More", "Claim. More")]
    [InlineData("Joined ［[[9|x]]3］ here", "Joined here")]
    [InlineData("Joined [[[9|x]]3] here", "Joined 3] here")]
    [InlineData("Two 【4:0†source】 more [^1], [**2**] and [3|Its dome weighs two tonnes].", "Two more, and.")]
    [InlineData("Boxed ⟦1⟧ 〔٢〕 ⁅3–5⁆ ❲ 4 ❳ [\u200B1] ［１］.", "Boxed.")]
    [InlineData("Sentences [. And 1]. End", "Sentences [. And 1]. End")]
    [InlineData("Kept [sic], a[i], [x1], [1st edition], [ ] and (1).", "Kept [sic], a[i], [x1], [1st edition], [ ] and (1).")]
    public void What_does_not_stand_the_check_is_not_shown(string answer, string shown)
    {
        foreach (var step in (int[])[1, 4, 1000])
        {
            var (text, citations) = Run(answer, step);
            Assert.Empty(citations);
            Assert.DoesNotMatch(@"\[\d+\]", text);
            Assert.Equal(shown.Replace(" ", "", StringComparison.Ordinal), text.Replace(" ", "", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Sentences_come_out_while_the_model_still_writes()
    {
        var stream = new CitationStream(Passages);
        Assert.Empty(stream.Add("It was founded [[1|The observatory was founded"));
        Assert.Empty(stream.Add(" in 1894]]"));
        var events = stream.Add(". Then more").ToList();
        Assert.IsType<AnswerEvent.Cited>(events[0]);
        Assert.Equal("It was founded [1]. ", Assert.IsType<AnswerEvent.Delta>(events[1]).Text);
    }

    [Fact]
    public void Random_noise_never_shows_a_marker_without_its_citation()
    {
        var random = new Random(17);
        string[] pieces = ["[[", "]]", "[", "]", "1", "2", "7", "|", " ", ". ", "\n", "Its dome weighs eleven tonnes", "founded in 1894", "[1]", "【2】", "[[1|", "word", "。"];
        for (var round = 0; round < 3000; round++)
        {
            var stream = new CitationStream(Passages);
            var known = new HashSet<string>();
            var shown = "";
            foreach (var step in Enumerable.Range(0, random.Next(30)).SelectMany(_ => stream.Add(pieces[random.Next(pieces.Length)])).Concat(stream.Finish()))
            {
                if (step is AnswerEvent.Cited cited)
                {
                    known.Add($"[{cited.Citation.Number}]");
                }
                else
                {
                    shown += ((AnswerEvent.Delta)step).Text;
                    foreach (System.Text.RegularExpressions.Match marker in System.Text.RegularExpressions.Regex.Matches(shown, @"[\[【]\d+[\]】]"))
                    {
                        Assert.Contains(marker.Value, known);
                    }
                }
            }
        }
    }

    [Fact]
    public void No_text_however_nested_and_split_shows_a_marker_that_was_not_checked() =>
        Check.One(Runs, Prop.ForAll(Noise.ListOf().ToArbitrary(), static pieces =>
        {
            var stream = new CitationStream(Passages);
            var shown = string.Concat(pieces.SelectMany(stream.Add).Concat(stream.Finish()).OfType<AnswerEvent.Delta>().Select(static d => d.Text));
            Assert.False(AnyMarker().IsMatch(shown), $"'{string.Join('·', pieces)}' shows '{shown}'.");
        }));

    [Fact]
    public void Checked_markers_are_shown_in_their_order_and_no_other_beside_them() =>
        Check.One(Runs, Prop.ForAll(Noise.Zip(Gen.Choose(0, 4)).ListOf().ToArbitrary(), static steps =>
        {
            var filter = new MarkerFilter();
            var shown = "";
            var markers = new List<string>();
            foreach (var (text, then) in steps)
            {
                filter.Add(text);
                if (then == 0)
                {
                    filter.AddMarker(markers.Count + 10);
                    markers.Add($"[{markers.Count + 10}]");
                }
                else if (then == 1)
                {
                    shown += filter.Release();
                }
            }

            shown += filter.Finish();
            Assert.Equal(markers, AnyMarker().Matches(shown).Select(static m => m.Value));
        }));

    [Fact]
    public void A_bracket_that_never_closes_holds_back_a_bounded_piece()
    {
        var filter = new MarkerFilter();
        var shown = "";
        for (var i = 0; i < 1000; i++)
        {
            filter.Add("[1, 2, ");
            shown += filter.Release();
        }

        Assert.InRange(shown.Length, 3000, 7000);
        filter.Add("]]]]");
        Assert.DoesNotMatch(AnyMarker(), shown + filter.Finish());
    }

    [Theory]
    [InlineData("As shown in [12] and 【4:0†source】.", "As shown in (12) and (4:0†source).")]
    [InlineData("Nested [ [2]1] and [[3]].", "Nested [ (2)1] and [(3)].")]
    [InlineData("Nothing [here].", "Nothing [here].")]
    public void A_sources_own_markers_are_written_with_round_brackets(string text, string defused) => Assert.Equal(defused, PlainMarkers.Defused(text));

    // Written on its own, with nothing of the code under test: any bracket, what is not seen, digits, any bracket.
    [System.Text.RegularExpressions.GeneratedRegex(
        @"[\[［【〔〖〘〚⟦⟬⁅❲⦋⦍⦏⦗︗︹︻﹇﹝][\s\p{Cf}\p{Mn}*_`~^#]*\p{N}+[\s\p{Cf}\p{Mn}*_`~,;:–-]*[\]］】〕〗〙〛⟧⟭⁆❳⦌⦎⦐⦘︘︺︼﹈﹞]")]
    private static partial System.Text.RegularExpressions.Regex AnyMarker();

    private static (string Text, List<Citation> Citations) Run(string answer, int step)
    {
        var stream = new CitationStream(Passages);
        var events = answer.Chunk(step).SelectMany(c => stream.Add(new string(c)).ToList()).ToList();
        events.AddRange(stream.Finish());
        return (string.Concat(events.OfType<AnswerEvent.Delta>().Select(static d => d.Text)), [.. events.OfType<AnswerEvent.Cited>().Select(static c => c.Citation)]);
    }

    private static Evidence Passage(int number, int start, string text) => new()
    {
        Number = number,
        Chunk = new ChunkId(Guid.NewGuid()),
        Document = DocumentId.New(),
        Generation = 1,
        DocumentName = "d",
        SourceId = "s",
        Ordinal = 0,
        Start = start,
        End = start + text.Length,
        Text = text,
        Score = 1,
        Scores = new EvidenceScores(1, null, null, null),
    };
}
