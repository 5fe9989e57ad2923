using System.Globalization;
using Rag.Client;

namespace Rag.Cli.Jobs;

/// <summary>How failed work and the queue are written for a person.</summary>
internal static class JobReport
{
    public static void Queue(Terminal terminal, QueueState queue, string? collection)
    {
        var shown = collection is null ? null : queue.Collections.FirstOrDefault(one => one.Name == collection) ?? new CollectionQueue(collection, null, 0, 0, 0, 0);
        var (queued, running, parked, age) = shown is null
            ? (queue.Queued, queue.Running, queue.Parked, queue.OldestAgeSeconds)
            : (shown.Queued, shown.Running, shown.Parked, shown.OldestAgeSeconds);
        var oldest = queued == 0 ? "" : $", the oldest for {Duration(age)}";
        terminal.Line(string.Create(
            CultureInfo.InvariantCulture, $"{(shown is null ? "Queue" : $"Queue of {shown.Name}")}: {queued} waiting{oldest}, {running} in work, {parked} failed."));
        if (queue.Paused is { } whole)
        {
            terminal.Warn($"The whole queue is paused since {Time(whole)}. './rag jobs resume' lets work go on.");
        }

        foreach (var one in queue.Collections.Where(one => one.Paused is not null && (shown is null || one.Name == shown.Name)))
        {
            terminal.Warn($"Collection {one.Name} is paused since {Time(one.Paused!.Value)}. './rag jobs resume -c {one.Name}' lets its work go on.");
        }
    }

    public static void Failed(Terminal terminal, IReadOnlyList<Job> jobs)
    {
        if (jobs.Count == 0)
        {
            terminal.Line("No failed work.");
            return;
        }

        foreach (var job in jobs)
        {
            terminal.Line();
            terminal.Bad($"{Printable.Line(job.Title ?? job.DocumentName)}  ({job.Collection})");
            terminal.Line($"  {Printable.Line(job.Problem?.Message ?? "No reason was recorded.")}");
            terminal.Quiet($"  {Facts(job)}");
            terminal.Quiet($"  job {job.Id}");
        }

        terminal.Line();
        terminal.Line("'./rag jobs retry JOB' or '--all' queues them again; './rag jobs discard JOB' or '--all' takes them from this list.");
    }

    private static string Facts(Job job)
    {
        var facts = new List<string>();
        if (job.Stage is { } stage)
        {
            facts.Add($"stage {stage}");
        }

        facts.Add(job.Attempts == 1 ? "1 attempt" : $"{job.Attempts} attempts");
        if (job.Losses > 0)
        {
            facts.Add(job.Losses == 1 ? "its worker ended once" : $"its worker ended {job.Losses} times");
        }

        if (job.LastFailed is { } last)
        {
            facts.Add(job.FirstFailed is { } first && first != last ? $"first {Time(first)}, last {Time(last)}" : Time(last));
        }

        return string.Join(", ", facts);
    }

    private static string Time(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Duration(double seconds) => TimeSpan.FromSeconds(seconds) switch
    {
        { TotalMinutes: < 1 } time => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s"),
        { TotalHours: < 1 } time => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0} min"),
        var time => string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0.#} h"),
    };
}
