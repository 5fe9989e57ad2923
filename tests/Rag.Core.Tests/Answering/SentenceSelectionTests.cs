using Rag.Core.Answering;
using Rag.Core.Documents;
using Rag.Core.Indexing.Analysis;
using Rag.Core.Retrieval;

namespace Rag.Core.Tests.Answering;

public class SentenceSelectionTests
{
    private static readonly Collection English = new() { Id = CollectionId.New(), Name = "english", Settings = new CollectionSettings() };

    [Fact]
    public void A_question_among_the_documents_is_not_its_own_answer()
    {
        var quotes = Select(
            "How many vacation days do I get?",
            "How many vacation days do I get?\n\nFull-time staff receive 28 vacation days per year.\n\nHow do I apply?\n\nAsk your team lead.");

        Assert.Equal(["Full-time staff receive 28 vacation days per year."], quotes);
    }

    [Fact]
    public void A_heading_is_no_answer_however_well_it_matches()
    {
        var quotes = Select(
            "What does the annual report say about donations?",
            "Annual report on donations\n\nThe annual report lists donations of 12,400 euros for the new dome.\n\nThe roof was painted.");

        Assert.Equal(["The annual report lists donations of 12,400 euros for the new dome."], quotes);
    }

    [Fact]
    public void A_line_without_a_full_stop_is_quoted_where_nothing_else_answers() =>
        Assert.Equal(
            ["Puffins are counted from the northern cliff"],
            Select("From where are puffins counted?", "Puffins are counted from the northern cliff\n\nThe hut is locked in winter"));

    [Fact]
    public void One_common_word_does_not_bring_a_sentence_of_another_document()
    {
        var quotes = Select(
            "What is the maximum luggage weight on the Helsinki flight?",
            "The maximum luggage weight on the Helsinki flight is 23 kilograms.",
            "Our Helsinki office opened in 1998.");

        Assert.Equal(["The maximum luggage weight on the Helsinki flight is 23 kilograms."], quotes);
    }

    [Fact]
    public void A_follow_up_means_what_was_searched_for()
    {
        var quotes = SelectAfter(
            "What does a ticket for the swimming pool cost?",
            "and in winter?",
            "The library closes early in winter.",
            "In winter a ticket for the swimming pool costs 4 euros.");

        Assert.Equal(["In winter a ticket for the swimming pool costs 4 euros."], quotes);
    }

    [Fact]
    public void A_whole_question_is_not_answered_with_the_one_before()
    {
        var quotes = SelectAfter(
            "What does a ticket for the swimming pool cost?",
            "From where are puffins counted?",
            "A ticket for the swimming pool costs 6 euros.",
            "Puffins are counted from the northern cliff.");

        Assert.Equal(["Puffins are counted from the northern cliff."], quotes);
    }

    [Fact]
    public void Nothing_is_quoted_when_nothing_bears_on_the_question() =>
        Assert.Empty(Select("Who is the king of Norway?", "The dome is greased in April.", "Members may bring a guest."));

    private static IEnumerable<string> Select(string question, params string[] passages) => Select(question, question, passages);

    private static IEnumerable<string> SelectAfter(string before, string question, params string[] passages) =>
        Select(question, $"{question}\n{before}", passages);

    private static IEnumerable<string> Select(string question, string query, string[] passages)
    {
        var terms = new List<AnalyzedTerm>();
        Analyzers.ForLanguage("en").Analyze(query, terms);
        var found = new SearchResult
        {
            Query = query,
            Mode = SearchMode.Lexical,
            Evidence = [.. passages.Select(Passage)],
            // As rare as each other: the rule, not the statistics, is what is tried here.
            TermWeights = terms.Select(term => term.Hash).Distinct().ToDictionary(hash => hash, _ => 2.0),
        };
        return SentenceSelection.Select(new Question { Collection = English, Text = question }, found)
            .Select(quote => quote.Evidence.Text[quote.Start..quote.End]);
    }

    private static Evidence Passage(string text, int index)
    {
        var document = DocumentId.New();
        return new Evidence
        {
            Number = index + 1,
            Chunk = ChunkId.For(document, 1, 0),
            Document = document,
            Generation = 1,
            DocumentName = $"{index}.txt",
            SourceId = $"{index}",
            Ordinal = 0,
            Start = 0,
            End = text.Length,
            Text = text,
            Score = 1,
            Scores = new EvidenceScores(1, null, null, null),
        };
    }
}
