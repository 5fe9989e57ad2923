using System.Globalization;
using Rag.Cli.Deployment.Diagnosis;

namespace Rag.Cli.Deployment.Status;

/// <summary>The report for people.</summary>
internal static class StatusText
{
    public static void Write(Terminal terminal, StatusReport report, DateTimeOffset now)
    {
        Section(terminal, "Workloads", ["", "NAME", "READY", "RESTARTS", "STATE"], report.Workloads, static one =>
            [one.IsDone ? "ok" : "wait", one.Name, string.Create(CultureInfo.InvariantCulture, $"{one.Ready}/{one.Wanted}"), one.Restarts.ToString(CultureInfo.InvariantCulture), one.State]);
        Section(terminal, "Services", ["NAME", "TYPE", "PORTS", "ENDPOINTS"], report.Services, static one =>
            [one.Name, one.Type, string.Join(", ", one.Ports.Select(static port => port.ToString(CultureInfo.InvariantCulture))), one.Ready is null ? "?" : string.Create(CultureInfo.InvariantCulture, $"{one.Ready}/{one.Endpoints} ready")]);
        Section(terminal, "Claims", ["NAME", "PHASE", "SIZE", "CLASS"], report.Claims, static one => [one.Name, one.Phase, one.Size, one.StorageClass ?? "(default)"]);
        Section(terminal, "Routes", ["URL", "BY"], report.Routes, static one => [one.Url, one.Route]);
        Section(terminal, "Autoscalers", ["NAME", "PODS", "RANGE", "USE"], report.Autoscalers, static one =>
            [one.Name, one.Current.ToString(CultureInfo.InvariantCulture), string.Create(CultureInfo.InvariantCulture, $"{one.Min}-{one.Max}"), string.Join(", ", one.Metrics.Select(Use))]);
        Section(terminal, "Jobs", ["NAME", "STATE", "TOOK"], report.Jobs, static one => [one.Name, one.State, one.Took is null ? "" : Age.Of(one.Took)]);
        Section(terminal, "Backups", ["NAME", "SCHEDULE", "LAST COPY"], report.Backups, one =>
            [one.Name, one.Schedule, one.IsSuspended ? "suspended" : one.LastSuccess is { } last ? $"{Age.Of(now - last)} ago" : "none yet"]);
        Section(terminal, "On request", ["NAME", "LAST SUCCESS", "STARTED BY"], report.OnRequest, one => [one.Name, one.LastSuccess is { } last ? $"{Age.Of(now - last)} ago" : "none yet", one.Start]);
        Section(terminal, "Last warnings", ["AGO", "ABOUT", "REASON", "MESSAGE"], report.Events, one => [Age.Of(now - one.Seen), one.About, one.Reason, one.Message]);
        if (report.Unseen.Count > 0)
        {
            terminal.Warn($"note  These credentials may not list {string.Join(", ", report.Unseen)}: nothing is known of them here.");
        }

        Problems(terminal, report.Problems);
    }

    /// <summary>What is wrong, each with the way out.</summary>
    public static void Problems(Terminal terminal, IReadOnlyList<Problem> problems)
    {
        foreach (var problem in problems)
        {
            var line = $"{(problem.IsWarning ? "note" : "PROBLEM")}  {problem.Subject}: {problem.What}";
            if (problem.IsWarning)
            {
                terminal.Warn(line);
            }
            else
            {
                terminal.Bad(line);
            }

            terminal.Line($"  do: {problem.Fix}");
        }
    }

    private static string Use(MetricStatus metric) => $"{metric.Name} {metric.Now ?? "unknown"} of {metric.Target}";

    private static void Section<T>(Terminal terminal, string title, string[] head, IReadOnlyList<T> rows, Func<T, string[]> columns)
    {
        if (rows.Count == 0)
        {
            return;
        }

        var lines = rows.Select(columns).Prepend(head).ToList();
        var widths = Enumerable.Range(0, head.Length).Select(column => lines.Max(line => line[column].Length)).ToList();
        terminal.Line(title);
        foreach (var line in lines)
        {
            terminal.Line($"  {string.Join("  ", line.Select((text, column) => text.PadRight(widths[column])))}".TrimEnd());
        }

        terminal.Line();
    }
}
