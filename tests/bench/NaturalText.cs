using System.Text;
using System.Text.Json;

namespace Rag.Bench;

/// <summary>
/// Texts of natural sentences in any amount. The judged collections hold about 8,000 chunks, so more is made by drawing their sentences
/// at random with a fixed seed: word frequencies, sentence lengths and vocabulary stay those of real text, topics per document do not.
/// </summary>
internal sealed class NaturalText
{
    private readonly IReadOnlyList<string> _sentences;

    private NaturalText(IReadOnlyList<string> sentences, IReadOnlyList<string> queries)
    {
        _sentences = sentences;
        Queries = queries;
    }

    /// <summary>Distinct questions that people asked of these collections.</summary>
    public IReadOnlyList<string> Queries { get; }

    /// <summary>Reads sentences and questions from the English collections below <paramref name="directory"/>.</summary>
    public static NaturalText Read(string directory)
    {
        var sentences = new List<string>();
        var queries = new HashSet<string>(StringComparer.Ordinal);
        foreach (var collection in (string[])["cisi", "cranfield", "scifact", "squad-dev-s", "xquad-en"])
        {
            foreach (var line in File.ReadLines(Path.Combine(directory, collection, "corpus.jsonl")))
            {
                using var json = JsonDocument.Parse(line);
                sentences.AddRange(json.RootElement.GetProperty("text").GetString()!
                    .Split(". ", StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                    .Where(sentence => sentence.Length > 20)
                    .Select(sentence => sentence.TrimEnd('.', ' ') + "."));
            }

            foreach (var line in File.ReadLines(Path.Combine(directory, collection, "queries.jsonl")))
            {
                using var json = JsonDocument.Parse(line);
                queries.Add(json.RootElement.GetProperty("text").GetString()!);
            }
        }

        return new NaturalText(sentences, [.. queries.Order(StringComparer.Ordinal)]);
    }

    /// <summary>A text of about <paramref name="bytes"/> bytes, the same for the same seed, in paragraphs of seven sentences.</summary>
    public string Make(int seed, int bytes)
    {
        var random = new Random(seed);
        var text = new StringBuilder(bytes + 200).Append("Report ").Append(seed).Append("\n\n");
        for (var sentence = 1; text.Length < bytes; sentence++)
        {
            text.Append(_sentences[random.Next(_sentences.Count)]).Append(sentence % 7 == 0 ? "\n\n" : " ");
        }

        return text.ToString();
    }

    /// <summary><paramref name="count"/> distinct queries in an order drawn with a fixed seed.</summary>
    public string[] Sample(int count)
    {
        var queries = Queries.ToArray();
        new Random(42).Shuffle(queries);
        return queries[..Math.Min(count, queries.Length)];
    }
}
