using System.Text.RegularExpressions;

namespace Rag.Core.Answering;

/// <summary>Markers that are not ours: a source's own <c>[12]</c>, or one that a model made up.</summary>
internal static partial class PlainMarkers
{
    /// <summary>Rewrites each <c>[12]</c> as <c>(12)</c>, so that nothing but a checked citation looks like one.</summary>
    public static string Defused(string text) => Marker().Replace(text, "($1)");

    /// <summary>Takes each <c>[12]</c> out, with the space before it.</summary>
    public static string Removed(string text) => SpacedMarker().Replace(text, "");

    [GeneratedRegex(@" ?[\[【［]+\s*\d+(?:\s*[,;\u2013†-]\s*\w+)*\s*[\]】］]+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SpacedMarker();

    // Every script's digits: a reader takes them for a marker too.
    [GeneratedRegex(@"[\[【［]\s*(\d+(?:\s*[,;\u2013-]\s*\d+)*)\s*[\]】］]", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Marker();
}
