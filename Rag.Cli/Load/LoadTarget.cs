using Rag.Cli.Documents;
using Rag.Client;

namespace Rag.Cli.Load;

/// <summary>What a load test asks, and where.</summary>
/// <param name="Collection">Name of the collection.</param>
/// <param name="Queries">At least one.</param>
/// <param name="IsOwn">Whether it was made for the test.</param>
internal sealed record LoadTarget(string Collection, IReadOnlyList<string> Queries, bool IsOwn)
{
    private const int Documents = 20;
    private const int QueriesWanted = 200;
    private const int ChunksPerDocument = 20;

    /// <summary>Finds the collection and its queries; without a name it makes one and fills it.</summary>
    /// <exception cref="CliException">The collection holds nothing to ask for, or the file of queries is empty or not there.</exception>
    public static async Task<LoadTarget> PrepareAsync(CliContext context, RagClient client, string? collection, string? file, int seed, CancellationToken cancellationToken)
    {
        var given = file is null ? null : ReadQueries(Path.GetFullPath(file, context.WorkingDirectory));
        if (collection is not null)
        {
            await client.GetCollectionAsync(collection, cancellationToken);
            return new LoadTarget(collection, given ?? await DrawAsync(client, collection, seed, cancellationToken), IsOwn: false);
        }

        var own = new LoadTarget($"load-{Guid.NewGuid():N}", [], IsOwn: true);
        try
        {
            // Inside: where only the answer was late, or somebody gave up waiting for it, the collection is there all the same.
            await client.CreateCollectionAsync(new CreateCollection(own.Collection, "Made by 'rag load', which removes it again."), cancellationToken: cancellationToken);
            await FillAsync(context, client, own.Collection, seed, cancellationToken);
            return own with { Queries = given ?? await DrawAsync(client, own.Collection, seed, cancellationToken) };
        }
        catch
        {
            await own.RemoveAsync(context.Terminal, client);
            throw;
        }
    }

    /// <summary>Removes what was made. A failure is told, not thrown: it must not take the place of what was measured.</summary>
    public async Task RemoveAsync(Terminal terminal, RagClient client)
    {
        if (!IsOwn)
        {
            return;
        }

        try
        {
            await client.DeleteCollectionAsync(Collection, CancellationToken.None);
        }
        catch (RagApiException gone) when (gone.Code == "collection-not-found")
        {
            // It was never made.
        }
        catch (Exception exception) when (exception is RagApiException or IOException or HttpRequestException)
        {
            terminal.Problem($"The collection '{Collection}' could not be removed: {exception.Message}", "Remove it in the web front end.");
        }
    }

    private static List<string> ReadQueries(string path)
    {
        try
        {
            List<string> queries = [.. File.ReadLines(path).Select(static line => line.Trim()).Where(static line => line.Length > 0)];
            return queries.Count > 0 ? queries : throw new CliException($"The file '{path}' holds no query.", "It has one on each line.", ExitCode.Usage);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"The file '{path}' cannot be read: {exception.Message}", remedy: null, ExitCode.Usage, exception);
        }
    }

    private static async Task FillAsync(CliContext context, RagClient client, string collection, int seed, CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        var waiting = new DocumentWait(client, collection, context.Time);
        await waiting.RunAsync(
            async () =>
            {
                for (var i = 0; i < Documents; i++)
                {
                    var submission = await client.AddTextAsync(collection, new TextDocument(LoadText.Document(random), Name: $"load-{i}.txt", SourceId: $"load-{i}"), cancellationToken: cancellationToken);
                    if (submission.Items[0].Id is { } id)
                    {
                        waiting.Add(new SentDocument($"load-{i}.txt", id, SentState.Accepted));
                    }
                }
            },
            cancellationToken);
        if (waiting.Finished.FirstOrDefault(static document => document.State == SentState.Failed) is { } failed)
        {
            throw new CliException($"The documents for the test were not processed: {failed.Reason}");
        }
    }

    /// <summary>Runs of words that stand in the collection, so that most queries find something.</summary>
    private static async Task<IReadOnlyList<string>> DrawAsync(RagClient client, string collection, int seed, CancellationToken cancellationToken)
    {
        var passages = new List<string>();
        foreach (var document in (await client.ListDocumentsAsync(collection, new DocumentQuery(DocumentStatus.Ready, Limit: 50), cancellationToken)).Items)
        {
            passages.AddRange((await client.ListChunksAsync(collection, document.Id, ChunksPerDocument, cancellationToken: cancellationToken)).Items.Select(static chunk => chunk.Text));
        }

        var queries = LoadText.Queries(passages, QueriesWanted, new Random(seed));
        return queries.Count > 0 ? queries : throw new CliException(
            $"The collection '{collection}' holds no text to make queries of.", "Name another one, or give queries with --queries FILE.", ExitCode.Usage);
    }
}
