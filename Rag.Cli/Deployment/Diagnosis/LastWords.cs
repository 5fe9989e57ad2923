
namespace Rag.Cli.Deployment.Diagnosis;

/// <summary>The line of a log that says why a program ended.</summary>
internal static class LastWords
{
    private const int Longest = 240;

    private static readonly string[] Signs = ["Unhandled exception", "fatal", "panic:", "error", "Exception:", "crit"];

    /// <summary>The last line that complains; where none does, the last that is no frame of a stack. Null for an empty log.</summary>
    public static string? Of(string log)
    {
        // "   at Program.<Main>(String[] args)": it says where, not why.
        var lines = log.Split('\n').Select(static line => line.TrimEnd()).Where(static line => line.Length > 0 && !line.TrimStart().StartsWith("at ", StringComparison.Ordinal)).ToList();
        // An exception's first line is why it ended; what follows it are causes and places.
        var line = lines.FindLast(static line => line.Contains(Signs[0], StringComparison.OrdinalIgnoreCase))
            ?? lines.FindLast(static line => Signs.Any(sign => line.Contains(sign, StringComparison.OrdinalIgnoreCase)))
            ?? lines.LastOrDefault();
        return line is null ? null : Printable.Excerpt(line.Trim(), Longest);
    }
}
