using System.CommandLine;
using System.Globalization;
using Rag.Cli.Connection;

namespace Rag.Cli.Documents;

/// <summary><c>rag collections</c>: what there is.</summary>
internal static class CollectionsCommand
{
    public static Command Create(CliContext context)
    {
        var json = new Option<bool>("--json") { Description = "Write them as JSON." };
        var command = new Command("collections", "List the collections with their documents and sizes.") { json };
        command.SetApiAction(context, async (parsed, client, cancellationToken) =>
        {
            var collections = new List<Client.Collection>();
            await foreach (var collection in client.AllCollectionsAsync(cancellationToken))
            {
                collections.Add(collection);
            }

            if (parsed.GetValue(json))
            {
                context.Terminal.Line(CliJson.Write(collections));
            }
            else if (collections.Count == 0)
            {
                context.Terminal.Line("There is no collection yet. './rag ingest PATH' makes one.");
            }
            else
            {
                Print(context.Terminal, collections);
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static void Print(Terminal terminal, List<Client.Collection> collections)
    {
        var width = Math.Max("collection".Length, collections.Max(collection => collection.Name.Length));
        terminal.Line($"{"collection".PadRight(width)}  documents   failed   chunks       size");
        foreach (var one in collections)
        {
            var busy = one.Documents.Queued + one.Documents.Processing;
            terminal.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"{one.Name.PadRight(width)}  {one.Documents.Total,9}  {one.Documents.Failed,7}  {one.Chunks,7}  {one.SizeBytes / 1024.0 / 1024.0,6:0.0} MiB{(busy > 0 ? $"  ({busy} in work)" : "")}"));
        }
    }
}
