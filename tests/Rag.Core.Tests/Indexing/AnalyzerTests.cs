using Rag.Core.Indexing.Analysis;

namespace Rag.Core.Tests.Indexing;

public sealed class AnalyzerTests
{
    [Theory]
    [InlineData("en", "The Houses of the OWNERS", "house owner")]
    [InlineData("en", "The owner's house, the owners’ houses", "own's house owner house")]
    [InlineData("en", "U.S. Army and U.S.A.", "us army usa")]
    [InlineData("en", "readme.txt version 3.14, 1,000 items", "readme txt version 3.14 1,000 item")]
    [InlineData("en", "snake_case state-of-the-art", "snake case state art")]
    [InlineData("en", "café naïve Cafe\u0301", "cafe naive cafe")]
    [InlineData("en", "e\uFB03cient co\u00ADoperate ＡＢＣ", "efficient cooperate abc")]
    [InlineData("de", "Die Straße der Häuser, STRASSE Hauser", "strasse haus strasse haus")]
    [InlineData("de", "u\u0308ber Ba\u0308ume", "baum")]
    [InlineData("ru", "В этих домах ёлки", "дом елк")]
    [InlineData("fr", "L'homme à l’école d'été", "homme a ecole ete")]
    [InlineData("fi", "Näin Maria's", "nain maria")]
    public void Words_become_the_terms_of_their_simpler_spelling(string language, string text, string spelling)
    {
        var expected = language switch
        {
            "en" => spelling.Split(' ').Select(static w => StemmedHash(w.Replace("own's", "owner", StringComparison.Ordinal), EnglishStemmer.Stem)),
            "de" => spelling.Split(' ').Select(static w => StemmedHash(w, GermanStemmer.Stem)),
            "ru" => spelling.Split(' ').Select(static w => StemmedHash(w, RussianStemmer.Stem)),
            _ => spelling.Split(' ').Select(static w => StableHash.Of(w)),
        };

        Assert.Equal(expected, Terms(language, text).Select(static t => t.Hash));
    }

    [Fact]
    public void Stop_words_are_left_out_and_repeated_words_are_kept() =>
        Assert.Equal(3, Terms("en", "what is the shock shock of a wave").Count);

    [Fact]
    public void Terms_know_the_word_they_came_from()
    {
        const string text = "Wings of the «Häuser», 東京都 and x";
        foreach (var term in Terms("en", text))
        {
            Assert.InRange(term.Start, 0, term.End - 1);
            Assert.True(term.End <= text.Length);
        }

        Assert.Equal(["Wings", "Häuser", "東京", "京都", "x"], Terms("en", text).Select(t => text[t.Start..t.End]));
    }

    [Theory]
    [InlineData("zh", "我们在北京。", "我们|们在|在北|北京")]
    [InlineData("ja", "東京タワー", "東京|京タ|タワ|ワー")]
    [InlineData("ko", "서울 시", "서울|시")]
    [InlineData("en", "the 東 wall", "東|wall")]
    [InlineData("zh", "𠀀𠀁𠀂", "𠀀𠀁|𠀁𠀂")]
    public void Runs_without_spaces_become_pairs(string language, string text, string words) =>
        Assert.Equal(words.Split('|'), Terms(language, text).Select(t => text[t.Start..t.End]));

    [Fact]
    public void Hashes_never_change() // they are stored: another value here orphans every stored term
    {
        Assert.Equal(-6123976509731190633, StableHash.Of("house"));
        Assert.Equal(-4639965241839011798, StableHash.Of("дом"));
    }

    [Fact]
    public void Any_text_is_analysed_without_a_fault()
    {
        var random = new Random(7);
        for (var round = 0; round < 2000; round++)
        {
            var text = string.Create(random.Next(40), random, static (span, r) =>
            {
                foreach (ref var c in span)
                {
                    c = r.Next(4) switch { 0 => (char)r.Next(0x10000), 1 => (char)r.Next(0x20, 0x7F), 2 => "'’.,_ \u00AD\u0301"[r.Next(8)], _ => (char)r.Next(0xC0, 0x250) };
                }
            });
            foreach (var version in Analyzers.Versions)
            {
                var terms = new List<AnalyzedTerm>();
                Analyzers.ForVersion(version).Analyze(text, terms);
                Assert.All(terms, t => Assert.True(t.Start >= 0 && t.Start < t.End && t.End <= text.Length));
            }
        }
    }

    [Fact]
    public void A_language_with_a_region_has_its_analyzer_and_an_unknown_one_the_standard()
    {
        Assert.Equal("de-1", Analyzers.ForLanguage("de-AT").Version);
        Assert.Equal("en-1", Analyzers.ForLanguage("EN").Version);
        Assert.Equal("xx-1", Analyzers.ForLanguage("sw").Version);
        Assert.Equal("analyzer-unknown", Assert.Throws<RagException>(() => Analyzers.ForVersion("en-0")).Code);
    }

    [Fact]
    public void Packed_terms_come_back_counted_and_ordered()
    {
        var random = new Random(3);
        var terms = Enumerable.Range(0, 5000).Select(_ => new AnalyzedTerm(StableHash.Of($"w{random.Next(60)}"), 0, 1)).ToList();
        terms.AddRange(Enumerable.Repeat(new AnalyzedTerm(long.MinValue, 0, 1), 300));

        var packed = TermVector.Pack(terms);
        var unpacked = TermVector.Unpack(packed.Bytes);

        Assert.Equal(terms.Count, packed.Count);
        Assert.Equal(terms.GroupBy(static t => t.Hash).OrderBy(static g => g.Key).Select(static g => new TermFrequency(g.Key, g.Count())), unpacked);
        Assert.Empty(TermVector.Unpack(TermVector.Pack([]).Bytes));
        Assert.Equal("index-corrupt", Assert.Throws<RagException>(() => TermVector.Unpack(packed.Bytes.AsSpan(0, 8))).Code);
    }

    private static List<AnalyzedTerm> Terms(string language, string text)
    {
        var terms = new List<AnalyzedTerm>();
        Analyzers.ForLanguage(language).Analyze(text, terms);
        return terms;
    }

    private static long StemmedHash(string word, Stemmer stem)
    {
        var buffer = new char[64];
        word.CopyTo(buffer);
        return StableHash.Of(buffer.AsSpan(0, stem(buffer, word.Length)));
    }
}
