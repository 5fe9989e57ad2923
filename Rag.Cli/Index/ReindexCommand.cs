using System.CommandLine;
using System.Globalization;
using Rag.Cli.Connection;
using Rag.Client;

namespace Rag.Cli.Index;

/// <summary><c>rag reindex</c>: builds the index anew from the database, while search goes on.</summary>
internal static class ReindexCommand
{
    private const string Embedded = "embedded";

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    // So long nothing may move before it is said what that may mean.
    private static readonly TimeSpan Suspicious = TimeSpan.FromSeconds(30);

    public static Command Create(CliContext context)
    {
        var collection = new Option<string?>("--collection", "-c") { Description = "Only this collection; default: the whole index, with the settings that it has now." };
        var noWait = new Option<bool>("--no-wait") { Description = "Return as soon as it has begun." };
        var status = new Option<bool>("--status") { Description = "Begin nothing: only say how far it is." };
        var command = new Command("reindex", "Build the index anew from the database. No model is called, and search goes on meanwhile.") { collection, noWait, status };
        command.SetApiAction(context, async (parsed, client, cancellationToken) =>
        {
            var one = parsed.GetValue(collection);
            if (parsed.GetValue(status))
            {
                Tell(context.Terminal, await client.GetIndexAsync(one, cancellationToken));
                return ExitCode.Ok;
            }

            var state = await client.ReindexAsync(one, cancellationToken);
            if (state.Provider == Embedded)
            {
                context.Terminal.Good("Every API process loads its index anew from the database; until it has, it searches the one it had.");
            }
            else if (state.Rebuild == RebuildStart.Empty)
            {
                context.Terminal.Line("There is nothing to write: nothing in the collection is searched.");
            }
            else
            {
                context.Terminal.Line(state.Rebuild switch
                {
                    RebuildStart.Filling => "Nothing is begun: the index is being filled for the first time, with the settings that it was made with.",
                    RebuildStart.Running => "A worker builds the index anew already.",
                    _ => "A worker builds the index anew.",
                });
                if (parsed.GetValue(noWait))
                {
                    context.Terminal.Line($"'./rag reindex --status{(one is null ? "" : $" -c {one}")}' shows how far it is.");
                }
                else
                {
                    await WaitAsync(context, client, one, state, cancellationToken);
                }
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static void Tell(Terminal terminal, IndexStatus status)
    {
        var documents = string.Create(CultureInfo.InvariantCulture, $"{status.Indexed} of {status.Documents} documents");
        terminal.Line(status switch
        {
            { Provider: Embedded } => $"Every API process has its own index of {status.Documents.ToString(CultureInfo.InvariantCulture)} documents and follows the database.",
            { Building: true, Filling: true } => $"The index is being filled for the first time: {documents}.",
            { Building: true } => $"The index is being written: {documents}.",
            _ => string.Create(CultureInfo.InvariantCulture, $"The index has {documents}; the oldest change that it has not is {status.LagSeconds ?? 0:F0} s old."),
        });
    }

    private static async Task WaitAsync(CliContext context, RagClient client, string? collection, IndexStatus status, CancellationToken cancellationToken)
    {
        var terminal = context.Terminal;
        var isFilling = status.Rebuild == RebuildStart.Filling;
        var told = -1L;
        var moved = context.Time.GetTimestamp();
        var hasWarned = false;
        while (status.Building)
        {
            if (status.Indexed != told)
            {
                (told, moved, hasWarned) = (status.Indexed, context.Time.GetTimestamp(), false);
                terminal.Quiet(string.Create(CultureInfo.InvariantCulture, $"{status.Indexed} of {status.Documents} documents"));
            }
            else if (!hasWarned && context.Time.GetElapsedTime(moved) > Suspicious)
            {
                hasWarned = true;
                terminal.Warn("Nothing was written for a while. A worker with Rag:Index:Provider=qdrant writes the index: see that one runs, that Qdrant is there, and what its log says."
                    + (isFilling ? " If only some of the index cannot be written, './rag reindex' begins a new one now." : ""));
            }

            await Task.Delay(Interval, context.Time, cancellationToken);
            status = await client.GetIndexAsync(collection, cancellationToken);
        }

        terminal.Good(isFilling
            ? string.Create(CultureInfo.InvariantCulture, $"The index is filled and searched: {status.Indexed} documents. To give it other settings, run './rag reindex' again.")
            : string.Create(CultureInfo.InvariantCulture, $"The index is built anew and searched: {status.Indexed} documents."));
    }
}
