using Rag.Core.Chunking;
using Rag.Core.Indexing.Analysis;
using Rag.Core.Retrieval;

namespace Rag.Core.Answering;

/// <summary>
/// Chooses the sentences that answer a question. A word counts by how rare it is in the collection, so that what decides is whether
/// the question's telling words stand together in one place.
/// </summary>
internal static class SentenceSelection
{
    /// <summary>
    /// Share of the question's information that a sentence with its surroundings must hold to pass for an answer. Of 1,057 SQuAD
    /// questions 89 % are answered from their own paragraphs at this share, four fifths of them with a sentence that holds the
    /// answer, and 9 % from abstracts on other matters; at 0.5 these are 92 % and 15 %, at 0.6 84 % and 6 %.
    /// </summary>
    public const double NeededCoverage = 0.55;

    // Instead of one and more: such a pair says something, but little.
    private const double PairNotFound = 0.5;

    private const int MaxSentences = 3;

    // A second sentence must tell something of the question that the first does not.
    private const double NeededGain = 0.15;

    // Surroundings count less than the sentence itself: the heading above it, the sentences beside it.
    private const double ContextShare = 0.4;

    // The better the passage ranks the likelier its sentences answer, but a clear sentence in the fifth passage beats a vague one in the first.
    private const double RankPenalty = 0.03;

    private const int MaxQuote = 500;

    private const int MaxHeading = 80;

    private const int TermsOfQuestion = 2;

    /// <summary>The chosen ranges, best first; empty when nothing answers.</summary>
    public static IReadOnlyList<Quote> Select(Question question, SearchResult found, double neededCoverage = NeededCoverage)
    {
        if (found.Evidence.Count == 0)
        {
            return [];
        }

        var analyzer = Analyzers.ForLanguage(question.Collection.Settings.Language);
        // A question of several words is asked by itself, or the answer to the one before would be given again. A follow-up such as "and
        // in winter?" means little without what was said before, which is part of what was searched for.
        var chosen = QueryTerms.Of(analyzer, question.Text).Distinct.Count >= TermsOfQuestion || found.Query.Length == 0
            ? Select(question.Text, analyzer, found, neededCoverage)
            : [];
        return chosen.Count > 0 || found.Query == question.Text ? chosen : Select(found.Query, analyzer, found, neededCoverage);
    }

    private static List<Quote> Select(string text, IAnalyzer analyzer, SearchResult found, double neededCoverage)
    {
        var query = QueryTerms.Of(analyzer, text);
        var information = Information(text, query, found);
        var sentences = found.Evidence.SelectMany(e => Sentences(analyzer, query, information, e)).ToList();
        // A question among the documents is never an answer. What passes for a heading may be a fact all the same, as in slides, lists and
        // texts of one line: it is quoted where nothing else answers.
        var chosen = Choose([.. sentences.Where(s => !s.IsHeading)], information, neededCoverage);
        return chosen.Count > 0 ? chosen : Choose(sentences, information, neededCoverage);
    }

    private static List<Quote> Choose(List<Sentence> sentences, double[] information, double neededCoverage)
    {
        var chosen = new List<Quote>();
        var told = new HashSet<int>();
        while (chosen.Count < MaxSentences)
        {
            var best = sentences
                .Select(s => (Sentence: s, Gain: Sum(s.Terms.Where(t => !told.Contains(t)), information)))
                // Each quotation must pass for an answer by itself: one word in common with the question does not make it part of one.
                .Where(s => s.Sentence.Coverage >= neededCoverage && (chosen.Count == 0 ? s.Gain > 0 : s.Gain >= NeededGain))
                .OrderByDescending(s => chosen.Count == 0 ? s.Sentence.Score : s.Gain + (s.Sentence.Score / 10))
                .FirstOrDefault();
            if (best.Sentence is null)
            {
                break;
            }

            chosen.Add(best.Sentence.Quote);
            told.UnionWith(best.Sentence.Terms);
            told.UnionWith(best.Sentence.Around);
            sentences.Remove(best.Sentence);
        }

        return chosen;
    }

    /// <summary>Each distinct term's share of the question's information; sums to 1.</summary>
    private static double[] Information(string text, QueryTerms query, SearchResult found)
    {
        // One is added because in a small collection rarity tells little: a word that it lacks must not outweigh all it has.
        var shares = query.Distinct.Select(t => 1 + found.TermWeights.GetValueOrDefault(t.Hash)).ToArray();
        foreach (var term in query.Sequence)
        {
            // Most pairs of characters of a question are no words but particles and borders between words. What the evidence
            // never has may be such a pair.
            if (WordScanner.IsUnspacedScript(text[term.Start]) && !found.Evidence.Any(e => e.Text.Contains(text[term.Start..term.End], StringComparison.Ordinal)))
            {
                shares[query.Places[term.Hash]] = PairNotFound;
            }
        }

        var sum = shares.Sum();
        return sum <= 0 ? shares : [.. shares.Select(s => s / sum)];
    }

    private static IEnumerable<Sentence> Sentences(IAnalyzer analyzer, QueryTerms query, double[] information, Evidence evidence)
    {
        var spans = SentenceSplitter.Split(evidence.Text);
        var terms = spans.Select(s => TermsOf(analyzer, query, evidence.Text[s.Start..s.End])).ToList();
        var above = TermsOf(analyzer, query, string.Join('\n', evidence.Headings.Append(evidence.Title ?? "")));
        for (var i = 0; i < spans.Count; i++)
        {
            var (start, end) = Trimmed(evidence.Text, spans[i].Start, spans[i].End);
            if (start >= end || evidence.Text[end - 1] is '?' or '\uFF1F' or '\u061F')
            {
                continue;
            }

            var around = new HashSet<int>(above);
            around.UnionWith(i > 0 ? terms[i - 1] : []);
            around.UnionWith(i + 1 < terms.Count ? terms[i + 1] : []);
            around.ExceptWith(terms[i]);
            var own = Sum(terms[i], information);
            var context = Sum(around, information);
            var score = own + (ContextShare * context) - (RankPenalty * (evidence.Number - 1));
            yield return new Sentence(new Quote(evidence, evidence.Start + start, evidence.Start + end), terms[i], around, IsHeading(evidence, start, end), own + context, score);
        }
    }

    // A heading repeats the question's words better than any sentence and seldom answers. It is one when it is known as one, or by its
    // looks, because joined sections keep only the headings that they share: one short line that no mark ends, a letter or number
    // first, an empty line and more text behind it.
    private static bool IsHeading(Evidence evidence, int start, int end)
    {
        var text = evidence.Text.AsSpan(start, end - start);
        foreach (var heading in evidence.Headings.Append(evidence.Title ?? ""))
        {
            if (text.Trim("#* ").Equals(heading.AsSpan().Trim(), StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        var behind = evidence.Text.AsSpan(end);
        return text.Length <= MaxHeading
            && char.IsLetterOrDigit(text[0])
            && char.IsLetterOrDigit(text[^1])
            && text.IndexOfAny('\n', '|') < 0
            && behind.StartsWith("\n\n")
            && !behind.IsWhiteSpace();
    }

    private static HashSet<int> TermsOf(IAnalyzer analyzer, QueryTerms query, string text)
    {
        var terms = new List<AnalyzedTerm>();
        analyzer.Analyze(text, terms);
        return [.. terms.Where(t => query.Places.ContainsKey(t.Hash)).Select(t => query.Places[t.Hash])];
    }

    private static double Sum(IEnumerable<int> terms, double[] information) => terms.Sum(t => information[t]);

    // Without white space around it, and cut at a word where a "sentence" is a whole table.
    private static (int Start, int End) Trimmed(string text, int start, int end)
    {
        while (start < end && char.IsWhiteSpace(text[start]))
        {
            start++;
        }

        if (end - start > MaxQuote)
        {
            var cut = text.LastIndexOf(' ', start + MaxQuote, MaxQuote / 2);
            end = cut > start ? cut : start + MaxQuote;
            if (char.IsHighSurrogate(text[end - 1]))
            {
                end--;
            }
        }

        while (end > start && char.IsWhiteSpace(text[end - 1]))
        {
            end--;
        }

        return (start, end);
    }

    private sealed record Sentence(Quote Quote, HashSet<int> Terms, HashSet<int> Around, bool IsHeading, double Coverage, double Score);
}

/// <summary>A range of a document's text within a piece of evidence.</summary>
internal sealed record Quote(Evidence Evidence, int Start, int End);
