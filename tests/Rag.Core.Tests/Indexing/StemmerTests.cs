using Rag.Core.Indexing.Analysis;

namespace Rag.Core.Tests.Indexing;

/// <summary>Words and stems that the Snowball project publishes as examples beside each algorithm.</summary>
public sealed class StemmerTests
{
    [Theory]
    [InlineData("consign", "consign")]
    [InlineData("consigned", "consign")]
    [InlineData("consigning", "consign")]
    [InlineData("consignment", "consign")]
    [InlineData("consist", "consist")]
    [InlineData("consisted", "consist")]
    [InlineData("consistency", "consist")]
    [InlineData("consistently", "consist")]
    [InlineData("consolation", "consol")]
    [InlineData("consolatory", "consolatori")]
    [InlineData("consolidate", "consolid")]
    [InlineData("consolingly", "consol")]
    [InlineData("conspiracy", "conspiraci")]
    [InlineData("conspirator", "conspir")]
    [InlineData("constable", "constabl")]
    [InlineData("constancy", "constanc")]
    [InlineData("knackeries", "knackeri")]
    [InlineData("knavish", "knavish")]
    [InlineData("kneaded", "knead")]
    [InlineData("kneeling", "kneel")]
    [InlineData("knees", "knee")]
    [InlineData("knightly", "knight")]
    [InlineData("knitted", "knit")]
    [InlineData("knives", "knive")]
    [InlineData("knocker", "knocker")]
    [InlineData("knotted", "knot")]
    [InlineData("generalization", "general")]
    [InlineData("generously", "generous")]
    [InlineData("hopping", "hop")]
    [InlineData("hoping", "hope")]
    [InlineData("ties", "tie")]
    [InlineData("cries", "cri")]
    [InlineData("gas", "gas")]
    [InlineData("this", "this")]
    [InlineData("kiwis", "kiwi")]
    [InlineData("skies", "sky")]
    [InlineData("dying", "die")]
    [InlineData("news", "news")]
    [InlineData("succeed", "succeed")]
    [InlineData("luxuriated", "luxuri")]
    [InlineData("relational", "relat")]
    [InlineData("sensibility", "sensibl")]
    [InlineData("say", "say")]
    [InlineData("cry", "cri")]
    [InlineData("by", "by")]
    [InlineData("controlling", "control")]
    [InlineData("roll", "roll")]
    [InlineData("owner's", "owner")]
    public void English(string word, string stem) => Assert.Equal(stem, Stemmed(word, EnglishStemmer.Stem));

    [Theory]
    [InlineData("aufeinander", "aufeinand")]
    [InlineData("auferlegen", "auferleg")]
    [InlineData("auferlegt", "auferlegt")]
    [InlineData("auferstanden", "auferstand")]
    [InlineData("auferstehung", "aufersteh")]
    [InlineData("aufgaben", "aufgab")]
    [InlineData("aufgeblasen", "aufgeblas")]
    [InlineData("aufgebracht", "aufgebracht")]
    [InlineData("aufgehoben", "aufgehob")]
    [InlineData("kategorie", "kategori")]
    [InlineData("kater", "kat")]
    [InlineData("katers", "kat")]
    [InlineData("katze", "katz")]
    [InlineData("kauen", "kau")]
    [InlineData("kauf", "kauf")]
    [InlineData("kaufleute", "kaufleut")]
    [InlineData("käuer", "kau")]
    [InlineData("häuser", "haus")]
    public void German(string word, string stem) => Assert.Equal(stem, Stemmed(word, GermanStemmer.Stem));

    [Theory]
    [InlineData("вавиловка", "вавиловк")]
    [InlineData("вагнера", "вагнер")]
    [InlineData("вагон", "вагон")]
    [InlineData("вагонов", "вагон")]
    [InlineData("вагоном", "вагон")]
    [InlineData("важная", "важн")]
    [InlineData("важнее", "важн")]
    [InlineData("важнейшие", "важн")]
    [InlineData("важничал", "важнича")]
    [InlineData("важностью", "важност")]
    [InlineData("пилить", "пил")]
    [InlineData("пало", "пал")]
    [InlineData("падшая", "падш")]
    [InlineData("пава", "пав")]
    public void Russian(string word, string stem) => Assert.Equal(stem, Stemmed(word, RussianStemmer.Stem));

    private static string Stemmed(string word, Stemmer stem)
    {
        var buffer = new char[64];
        word.CopyTo(buffer);
        return new string(buffer, 0, stem(buffer, word.Length));
    }
}
