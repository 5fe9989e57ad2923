using System.Text;

namespace Rag.Core.Extraction.Pdf;

/// <summary>
/// Finds the headers, footers and page numbers that repeat on many pages. Careful on purpose: only lines within the margins, at the
/// same height, with the same words up to digits, and only when they are a small part of the text.
/// </summary>
internal static class RunningLines
{
    private const int FewestPages = 4;
    private const float HeaderWithin = 0.085f;
    private const float FooterFrom = 0.925f;
    private const int FewestRepetitions = 3; // chapters have headers of their own, so that no share of all pages would do
    private const double MostOfText = 0.2;
    private const int HeightStep = 4; // points

    /// <summary>Indices of the lines to leave out.</summary>
    public static HashSet<int> Find(IReadOnlyList<PdfLine> lines, int pages)
    {
        if (pages < FewestPages)
        {
            return [];
        }

        var candidates = new Dictionary<(int Height, string Words), List<int>>();
        for (var i = 0; i < lines.Count; i++)
        {
            var line = lines[i];
            if (line.Bottom <= line.PageHeight * HeaderWithin || line.Top >= line.PageHeight * FooterFrom)
            {
                var key = ((int)(line.Top / HeightStep), WithoutDigits(line.Text));
                if (!candidates.TryGetValue(key, out var found))
                {
                    candidates[key] = found = [];
                }

                found.Add(i);
            }
        }

        var running = candidates.Values
            .Where(found => found.Select(i => lines[i].Page).Distinct().Count() >= FewestRepetitions)
            .SelectMany(static found => found)
            .ToHashSet();
        var removed = running.Sum(i => (long)lines[i].Text.Length);
        var all = lines.Sum(static line => (long)line.Text.Length);
        return removed <= all * MostOfText ? running : [];
    }

    private static string WithoutDigits(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (!char.IsDigit(c))
            {
                result.Append(char.ToUpperInvariant(c));
            }
            else if (result.Length == 0 || result[^1] != '#')
            {
                result.Append('#');
            }
        }

        return result.ToString();
    }
}
