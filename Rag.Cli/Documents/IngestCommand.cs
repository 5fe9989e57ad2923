using System.CommandLine;
using Rag.Cli.Connection;
using Rag.Client;

namespace Rag.Cli.Documents;

/// <summary><c>rag ingest</c>: files and folders into a collection.</summary>
internal static class IngestCommand
{
    public static Command Create(CliContext context)
    {
        var paths = new Argument<string[]>("path") { Description = "Files, or folders with everything below them.", Arity = ArgumentArity.OneOrMore };
        var collection = ApiCommand.CollectionOption();
        var noCreate = new Option<bool>("--no-create") { Description = "Fail when the collection does not exist, instead of creating it." };
        var noWait = new Option<bool>("--no-wait") { Description = "Return when everything is accepted, without waiting for the processing." };
        var command = new Command("ingest", "Add documents, wait until they are searchable, and say which failed and why.") { paths, collection, noCreate, noWait };
        command.SetApiAction(context, async (parsed, client, cancellationToken) =>
        {
            var files = FolderWalk.Find(parsed.GetValue(paths) ?? [], context.WorkingDirectory);
            if (files.Count == 0)
            {
                throw new CliException("There is nothing to ingest: the folder holds no visible file.", remedy: null, ExitCode.Usage);
            }

            var name = parsed.GetValue(collection)!;
            if (!parsed.GetValue(noCreate))
            {
                await EnsureCollectionAsync(client, name, cancellationToken);
            }

            return await Ingestion.RunAsync(context, client, name, files, wait: !parsed.GetValue(noWait), cancellationToken);
        });
        return command;
    }

    /// <summary>Creates the collection unless it is there. True when this call created it.</summary>
    public static async Task<bool> EnsureCollectionAsync(RagClient client, string name, CancellationToken cancellationToken, string? description = null, string? language = null)
    {
        try
        {
            await client.GetCollectionAsync(name, cancellationToken);
            return false;
        }
        catch (RagApiException missing) when (missing.Code == "collection-not-found")
        {
            try
            {
                await client.CreateCollectionAsync(new CreateCollection(name, description, language), cancellationToken: cancellationToken);
                return true;
            }
            catch (RagApiException exists) when (exists.Code == "collection-exists")
            {
                // Someone created it in between, which is what was wanted.
                return false;
            }
        }
    }
}
