using Rag.Web.Sources;

namespace Rag.Web.Tests.Units;

public sealed class SourceWindowTests
{
    [Fact]
    public void The_passage_alone_is_marked_also_over_paragraphs()
    {
        const string text = "One two.\n\nThree four.\nFive.\n\n\nSix.";
        var start = text.IndexOf("two", StringComparison.Ordinal);
        var end = text.IndexOf("four", StringComparison.Ordinal) + 4;

        var window = Around(text, new SourceSpan(start, end), reach: 1000);

        Assert.Equal((0, text.Length), (window.From, window.To));
        Assert.Equal(["One |two.*", "Three four*|.\nFive.", "Six."], window.Paragraphs.Select(Shown));
    }

    [Fact]
    public void A_window_is_cut_at_lines_and_holds_the_whole_passage()
    {
        var text = string.Join('\n', Enumerable.Range(0, 5000).Select(static n => $"line {n:D4}"));
        var start = text.IndexOf("line 2500", StringComparison.Ordinal);

        var window = Around(text, new SourceSpan(start, start + 9), reach: 105);

        Assert.Equal('\n', text[window.From - 1]);
        Assert.Equal('\n', text[window.To]);
        Assert.InRange(start - window.From, 100, 120);
        Assert.InRange(window.To - start, 100, 130);
        Assert.Contains(window.Paragraphs.SelectMany(static x => x), static x => x is { Marked: true, Text: "line 2500" });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_text_without_lines_is_cut_but_never_inside_a_character(int shift)
    {
        var text = new string('a', shift) + string.Concat(Enumerable.Repeat("😀", 20_000));
        var middle = shift + 20_000;

        var window = Around(text, new SourceSpan(middle, middle + 2), reach: 5001);

        Assert.False(char.IsLowSurrogate(text[window.From]));
        Assert.False(char.IsHighSurrogate(text[window.To - 1]));
        Assert.True(window.To - window.From < 16_000);
    }

    [Fact]
    public void The_stretches_of_a_text_follow_each_other_without_a_gap_and_come_to_an_end()
    {
        var text = string.Join("\n\n", Enumerable.Range(0, 400).Select(static n => $"Paragraph {n} {new string('x', 17 * (n % 60))}."));
        var seen = "";
        for (var from = 0; from < text.Length;)
        {
            var window = Cut(text, new SourceRange(from, from + 3000), passage: null);
            Assert.True(window.To > from);
            seen += text[window.From..window.To] + (window.To < text.Length ? "\n" : "");
            from = window.To < text.Length ? window.To + 1 : text.Length;
        }

        Assert.Equal(text, seen);
    }

    [Theory]
    [InlineData(null, 5)]
    [InlineData(-1, 5)]
    [InlineData(5, 5)]
    [InlineData(9, 5)]
    public void What_is_no_span_is_none(int? start, int? end) => Assert.Null(SourceSpan.From(start, end));

    [Fact]
    public void A_span_outside_the_text_marks_nothing()
    {
        var window = Around("short", new SourceSpan(2, 900), reach: 100);
        Assert.DoesNotContain(window.Paragraphs.SelectMany(static x => x), static x => x.Marked);
    }

    [Theory]
    [InlineData("a line\n", 4000)]
    [InlineData("😀", 9000)]
    [InlineData("x", 30_000)]
    public void What_is_fetched_is_enough_to_cut_as_the_whole_text_would_be(string piece, int times)
    {
        var text = string.Concat(Enumerable.Repeat(piece, times));
        for (var from = 0; from <= text.Length + 3000; from += 1237)
        {
            var passage = SourceSpan.From(from, from + 100)?.Within(text.Length);
            var range = SourceRange.Of(null, passage, reach: 1500);

            var whole = SourceWindow.Cut(TextSlice.Whole(text), range.From, range.To, passage);

            var part = Cut(text, range, passage);
            Assert.Equal((whole.From, whole.To, whole.Length), (part.From, part.To, part.Length));
            Assert.Equal(whole.Paragraphs.Select(Shown), part.Paragraphs.Select(Shown));
        }
    }

    [Fact]
    public void A_link_cannot_ask_for_a_whole_book()
    {
        var range = SourceRange.Of(null, SourceSpan.From(7, SourceRange.Farthest - 1), reach: 15_000).Widened;
        Assert.InRange(range.To - range.From, 1, 100_000);
        Assert.Null(SourceSpan.From(0, int.MaxValue));
        Assert.True(SourceRange.Of(int.MaxValue, null, 15_000).Widened.To > 0);
    }

    private static SourceWindow Around(string text, SourceSpan passage, int reach) =>
        Cut(text, SourceRange.Of(null, passage.Within(text.Length), reach), passage.Within(text.Length));

    // As SourceReader does it: with the stretch alone that the API is asked for, characters at its ends whole.
    private static SourceWindow Cut(string text, SourceRange range, SourceSpan? passage)
    {
        var start = Math.Min(range.Widened.From, text.Length);
        var end = Math.Min(range.Widened.To, text.Length);
        start -= start > 0 && start < text.Length && char.IsLowSurrogate(text[start]) ? 1 : 0;
        end += end < text.Length && char.IsLowSurrogate(text[end]) ? 1 : 0;
        return SourceWindow.Cut(new TextSlice(text[start..end], start, text.Length), range.From, range.To, passage);
    }

    private static string Shown(IReadOnlyList<SourcePart> paragraph) => string.Join('|', paragraph.Select(static x => x.Text + (x.Marked ? "*" : "")));
}
