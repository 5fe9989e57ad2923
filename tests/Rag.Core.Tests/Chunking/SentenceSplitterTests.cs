using Rag.Core.Chunking;

namespace Rag.Core.Tests.Chunking;

public sealed class SentenceSplitterTests
{
    [Theory]
    [InlineData("One. Two! Three? Four", "One.|Two!|Three?|Four")]
    [InlineData("Dr. Smith met J. Doe, e.g. in Rome. Then he left.", "Dr. Smith met J. Doe, e.g. in Rome.|Then he left.")]
    [InlineData("It costs 3.50 euros. See example.org for more.", "It costs 3.50 euros.|See example.org for more.")]
    [InlineData("See Fig. 3 and No. 12. I said no. Then I left.", "See Fig. 3 and No. 12.|I said no.|Then I left.")]
    [InlineData("He said \"Stop!\" Then (quietly.) He left.", "He said \"Stop!\"|Then (quietly.)|He left.")]
    [InlineData("Really?! Yes... No.", "Really?!|Yes...|No.")]
    [InlineData("今日は晴れです。明日は雨です。「本当？」はい", "今日は晴れです。|明日は雨です。|「本当？」|はい")]
    [InlineData("Das gilt z.B. für Dr. Meier. Am 3. Oktober ist frei. Ende.", "Das gilt z.B. für Dr. Meier.|Am 3. Oktober ist frei.|Ende.")]
    [InlineData("यह पहला है। यह दूसरा है।", "यह पहला है।|यह दूसरा है।")]
    [InlineData("هل هذا صحيح؟ نعم.", "هل هذا صحيح؟|نعم.")]
    [InlineData("1. Open the lid. 2. Close it.", "1. Open the lid.|2. Close it.")]
    [InlineData("A heading without a stop\n\nA paragraph.", "A heading without a stop|A paragraph.")]
    [InlineData("wrapped in the\nmiddle. Next.", "wrapped in the\nmiddle.|Next.")]
    [InlineData("We need:\n- bread\n- milk", "We need:|- bread|- milk")]
    [InlineData("In 1999. The end.", "In 1999.|The end.")]
    [InlineData("  \n ", "")]
    public void Sentences_end_where_a_reader_would_end_them(string text, string expected)
    {
        var sentences = SentenceSplitter.Split(text).Select(span => span.Of(text).ToString());
        Assert.Equal(expected, string.Join('|', sentences));
    }

    [Fact]
    public void Spans_are_counted_from_the_given_offset()
    {
        Assert.Equal([new TextSpan(11, 13), new TextSpan(14, 16)], SentenceSplitter.Split(" A! B!", 10));
    }
}
