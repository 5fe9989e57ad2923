using System.Globalization;
using Rag.Client;

namespace Rag.Web.Pages;

/// <summary>Numbers, sizes and times as a reader sees them; <c>lib/format.js</c> says the same in the browser.</summary>
internal static class Formats
{
    private static readonly string[] Units = ["bytes", "KB", "MB", "GB", "TB"];

    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Count(long count, string one, string many) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {(count == 1 ? one : many)}");

    public static string Bytes(long bytes)
    {
        double value = bytes;
        var unit = 0;
        while (value >= 1000 && unit < Units.Length - 1)
        {
            value /= 1000;
            unit++;
        }

        return unit == 0
            ? Count(bytes, "byte", "bytes")
            : string.Create(CultureInfo.InvariantCulture, $"{(value < 10 ? Math.Round(value, 1) : Math.Round(value)):0.#} {Units[unit]}");
    }

    /// <summary>As the page says it before a script puts it into the reader's own zone.</summary>
    public static string Time(DateTimeOffset time) => time.ToUniversalTime().ToString("d MMM yyyy, HH:mm 'UTC'", CultureInfo.InvariantCulture);

    public static string Machine(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>What a list says about a document beside its name.</summary>
    public static string Facts(Document document)
    {
        ArgumentNullException.ThrowIfNull(document);
        var facts = new List<string> { Bytes(document.SizeBytes) };
        if (document.Pages is { } pages)
        {
            facts.Add(Count(pages, "page", "pages"));
        }

        if (document.Searchable)
        {
            facts.Add(Count(document.Chunks, "passage", "passages"));
        }

        return string.Join(" · ", facts);
    }

    /// <summary>What is said about a job beside its reason: where it failed and how often.</summary>
    public static IReadOnlyList<string> Facts(Job job)
    {
        ArgumentNullException.ThrowIfNull(job);
        var facts = new List<string>();
        if (job.Stage is { } stage)
        {
            facts.Add(StageWords(stage));
        }

        if (job.Attempts > 0)
        {
            facts.Add(Count(job.Attempts, "attempt", "attempts"));
        }

        if (job.Losses > 0)
        {
            facts.Add(job.Losses == 1 ? "its worker ended once" : $"its worker ended {Number(job.Losses)} times");
        }

        return facts;
    }

    /// <summary>About how long: "45 s", "12 min", "3.5 h", "2 days".</summary>
    public static string Duration(TimeSpan time) => time switch
    {
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0} min"),
        { TotalDays: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0.#} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalDays:0} days"),
    };

    public static string Word(JobState state) => state switch
    {
        JobState.Queued => "Waiting",
        JobState.Running => "In work",
        JobState.Done => "Processed",
        JobState.Parked => "Failed",
        JobState.Superseded => "Replaced by a newer one",
        _ => "Failed, discarded",
    };

    private static string StageWords(string stage) => stage switch
    {
        "extract" => "while reading the file",
        "chunk" => "while cutting it into passages",
        "analyze" => "while analysing its words",
        "embed" => "while embedding",
        "store" => "while storing",
        _ => $"in stage {stage}",
    };

    /// <summary>As the API writes it.</summary>
    public static string Scope(KeyScope scope) => scope.ToString().ToLowerInvariant();

    /// <summary>Every scope by itself, as none includes another: "read and write".</summary>
    public static string Words(IReadOnlyList<KeyScope> scopes)
    {
        ArgumentNullException.ThrowIfNull(scopes);
        var words = scopes.Distinct().Order().Select(static scope => scope == KeyScope.Admin ? "administer" : Scope(scope)).ToList();
        return words.Count switch
        {
            0 => "do nothing",
            1 => words[0],
            _ => $"{string.Join(", ", words[..^1])} and {words[^1]}",
        };
    }

    public static string Word(DocumentStatus status) => status switch
    {
        DocumentStatus.Queued => "Waiting",
        DocumentStatus.Processing => "Processing",
        DocumentStatus.Ready => "Ready",
        DocumentStatus.Failed => "Failed",
        _ => "Deleted",
    };
}
