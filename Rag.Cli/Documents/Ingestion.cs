using System.Collections.Concurrent;
using System.Diagnostics;
using Rag.Client;
using Spectre.Console;

namespace Rag.Cli.Documents;

/// <summary>Sends files, waits for them with a progress bar, and sums up.</summary>
internal static class Ingestion
{
    private const int UploadsAtOnce = 4;

    /// <summary>Returns <see cref="ExitCode.Failed"/> when any file failed.</summary>
    public static async Task<int> RunAsync(
        CliContext context, RagClient client, string collection, IReadOnlyList<FileToSend> files, bool wait, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var done = new ConcurrentQueue<SentDocument>();
        DocumentWait? waiting = null;
        Task SendAsync(Action onSent, Action onProcessed)
        {
            waiting = new DocumentWait(client, collection, context.Time) { OnFinished = _ => onProcessed(), OnPaused = context.Terminal.Warn };
            return SendAllAsync(context, client, collection, files, wait, done, waiting, onSent, onProcessed, cancellationToken);
        }

        IReadOnlyCollection<SentDocument> Documents() => waiting is null ? [.. done] : [.. done, .. waiting.Finished, .. waiting.Open];

        try
        {
            await (context.Terminal.Live is { } live
                ? Bars(live).StartAsync(bars =>
                {
                    var sending = bars.AddTask("sending", maxValue: files.Count);
                    var processing = bars.AddTask("processing", maxValue: files.Count);
                    return SendAsync(() => sending.Increment(1), () => processing.Increment(1));
                })
                : SendAsync(static () => { }, static () => { }));
        }
        catch
        {
            // Whatever ended it, what was accepted before is there and goes on being processed.
            Summarise(context.Terminal, collection, Documents(), files.Count, Stopwatch.GetElapsedTime(started));
            throw;
        }

        return Summarise(context.Terminal, collection, Documents(), files.Count, Stopwatch.GetElapsedTime(started));
    }

    private static async Task SendAllAsync(
        CliContext context,
        RagClient client,
        string collection,
        IReadOnlyList<FileToSend> files,
        bool wait,
        ConcurrentQueue<SentDocument> done,
        DocumentWait waiting,
        Action onSent,
        Action onProcessed,
        CancellationToken cancellationToken)
    {
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = UploadsAtOnce, CancellationToken = cancellationToken };
        Task SendAsync() => Parallel.ForEachAsync(files, parallel, async (file, token) =>
        {
            var sent = await Upload.SendAsync(client, collection, file, context.Time, token);
            onSent();
            if (sent.State == SentState.Accepted && wait)
            {
                waiting.Add(sent);
            }
            else
            {
                done.Enqueue(sent);
                onProcessed();
            }
        });

        if (wait)
        {
            await waiting.RunAsync(SendAsync, cancellationToken);
        }
        else
        {
            await SendAsync();
        }
    }

    private static int Summarise(Terminal terminal, string collection, IReadOnlyCollection<SentDocument> documents, int total, TimeSpan duration)
    {
        int Count(SentState state) => documents.Count(document => document.State == state);

        var parts = new List<string>();
        foreach (var (state, word) in ((SentState, string)[])[(SentState.Ready, "ready"), (SentState.Accepted, "accepted"), (SentState.Unchanged, "unchanged"), (SentState.Failed, "failed")])
        {
            if (Count(state) is > 0 and var count)
            {
                parts.Add($"{count} {word}");
            }
        }

        if (total - documents.Count is > 0 and var unsent)
        {
            parts.Add($"{unsent} not sent");
        }

        foreach (var failed in documents.Where(document => document.State == SentState.Failed).OrderBy(document => document.Name, StringComparer.Ordinal))
        {
            terminal.Bad($"failed  {failed.Name}  {failed.Reason}");
        }

        var files = total == 1 ? "1 file" : $"{total} files";
        terminal.Line(string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{files} into '{collection}': {string.Join(", ", parts)}, in {duration.TotalSeconds:0.0} s."));
        return Count(SentState.Failed) > 0 ? ExitCode.Failed : ExitCode.Ok;
    }

    private static Progress Bars(IAnsiConsole live) => live.Progress()
        .HideCompleted(false)
        .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn());
}
