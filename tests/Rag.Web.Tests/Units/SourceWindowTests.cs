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

        var window = SourceWindow.Around(text, new SourceSpan(start, end), reach: 1000);

        Assert.Equal((0, text.Length), (window.From, window.To));
        Assert.Equal(["One |two.*", "Three four*|.\nFive.", "Six."], window.Paragraphs.Select(Shown));
    }

    [Fact]
    public void A_window_is_cut_at_lines_and_holds_the_whole_passage()
    {
        var text = string.Join('\n', Enumerable.Range(0, 5000).Select(static n => $"line {n:D4}"));
        var start = text.IndexOf("line 2500", StringComparison.Ordinal);

        var window = SourceWindow.Around(text, new SourceSpan(start, start + 9), reach: 105);

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

        var window = SourceWindow.Around(text, new SourceSpan(middle, middle + 2), reach: 5001);

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
            var window = SourceWindow.Cut(text, from, from + 3000, passage: null);
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
        var window = SourceWindow.Around("short", new SourceSpan(2, 900), reach: 100);
        Assert.DoesNotContain(window.Paragraphs.SelectMany(static x => x), static x => x.Marked);
    }

    private static string Shown(IReadOnlyList<SourcePart> paragraph) => string.Join('|', paragraph.Select(static x => x.Text + (x.Marked ? "*" : "")));
}
