using System.CommandLine;
using System.Globalization;
using Rag.Cli.Connection;
using Rag.Client;

namespace Rag.Cli.Index;

/// <summary><c>rag reindex</c>: builds the index anew from the database, while search goes on.</summary>
internal static class ReindexCommand
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    public static Command Create(CliContext context)
    {
        var collection = new Option<string?>("--collection", "-c") { Description = "Only this collection; default: the whole index, with the settings that it has now." };
        var noWait = new Option<bool>("--no-wait") { Description = "Return as soon as it has begun." };
        var command = new Command("reindex", "Build the index anew from the database. No model is called, and search goes on meanwhile.") { collection, noWait };
        command.SetApiAction(context, async (parsed, client, cancellationToken) =>
        {
            var status = await client.ReindexAsync(parsed.GetValue(collection), cancellationToken);
            if (status.Provider == "embedded")
            {
                context.Terminal.Good("Every API process loads its index anew from the database; until it has, it searches the one it had.");
                return ExitCode.Ok;
            }

            if (parsed.GetValue(noWait))
            {
                context.Terminal.Line("A worker builds the index anew. 'rag reindex' again shows how far it is.");
                return ExitCode.Ok;
            }

            await WaitAsync(context.Terminal, client, status, cancellationToken);
            return ExitCode.Ok;
        });
        return command;
    }

    private static async Task WaitAsync(Terminal terminal, RagClient client, IndexStatus status, CancellationToken cancellationToken)
    {
        var told = -1L;
        while (status.Building)
        {
            if (status.Indexed != told)
            {
                told = status.Indexed;
                terminal.Quiet(string.Create(CultureInfo.InvariantCulture, $"{status.Indexed} of {status.Documents} documents"));
            }

            await Task.Delay(Interval, cancellationToken);
            status = await client.GetIndexAsync(cancellationToken);
        }

        terminal.Good(string.Create(CultureInfo.InvariantCulture, $"The index is built anew and searched: {status.Indexed} documents."));
    }
}
