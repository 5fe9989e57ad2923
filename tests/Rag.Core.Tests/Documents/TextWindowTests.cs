using Rag.Core.Documents;

namespace Rag.Core.Tests.Documents;

public sealed class TextWindowTests
{
    private const string Text = "a😀b\n😀😀c";

    [Fact]
    public async Task Every_stretch_is_the_one_between_its_offsets_with_whole_characters()
    {
        for (var start = 0; start <= Text.Length + 1; start++)
        {
            for (var end = start; end <= Text.Length + 2; end++)
            {
                using var reader = new Trickle(Text);
                var window = await TextWindow.ReadAsync(reader, start, end, CancellationToken.None);

                var from = Math.Min(start, Text.Length);
                var to = Math.Min(end, Text.Length);
                from -= Cuts(from) ? 1 : 0;
                to = end == start ? from : to + (Cuts(to) ? 1 : 0);
                Assert.Equal((Text[from..to], from, Text.Length), (window.Text, window.Start, window.Length));
            }
        }
    }

    [Fact]
    public async Task A_long_text_is_read_to_its_end_and_only_the_stretch_is_kept()
    {
        var text = string.Concat(Enumerable.Range(0, 100_000).Select(static n => $"{n}😀"));
        using var reader = new StringReader(text);

        var window = await TextWindow.ReadAsync(reader, 300_001, 300_101, CancellationToken.None);

        Assert.Equal(text.Length, window.Length);
        Assert.InRange(window.Text.Length, 100, 102);
        Assert.Equal(text.Substring(window.Start, window.Text.Length), window.Text);
    }

    [Fact]
    public async Task Without_an_end_it_is_everything()
    {
        using var reader = new StringReader(Text);
        Assert.Equal(new TextWindow(Text, 0, Text.Length), await TextWindow.ReadAsync(reader, 0, int.MaxValue, CancellationToken.None));
    }

    private static bool Cuts(int offset) => offset > 0 && offset < Text.Length && char.IsLowSurrogate(Text[offset]);

    /// <summary>Gives one code unit at a time, so that every boundary of a piece falls everywhere.</summary>
    private sealed class Trickle(string text) : StringReader(text)
    {
        public override ValueTask<int> ReadAsync(Memory<char> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(1, buffer.Length)], cancellationToken);
    }
}
