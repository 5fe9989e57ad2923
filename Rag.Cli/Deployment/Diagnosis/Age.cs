using System.Globalization;

namespace Rag.Cli.Deployment.Diagnosis;

/// <summary>How long ago, as one says it: one unit, rounded down.</summary>
internal static class Age
{
    public static string Of(TimeSpan? span) => span switch
    {
        null => "unknown",
        { TotalSeconds: < 120 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, (int)span.Value.TotalSeconds)} s"),
        { TotalMinutes: < 120 } => string.Create(CultureInfo.InvariantCulture, $"{(int)span.Value.TotalMinutes} min"),
        { TotalHours: < 48 } => string.Create(CultureInfo.InvariantCulture, $"{(int)span.Value.TotalHours} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)span.Value.TotalDays} d"),
    };
}
