using Rag.Client;
using Rag.Core.Evaluation;

namespace Rag.Cli.Evaluation;

/// <summary>Brings the documents of a judged collection in, each under its own id, and waits until all are searchable.</summary>
internal static class JudgedIngestion
{
    private const int AtOnce = 4;
    private const int MaxAttempts = 6;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);

    public static async Task RunAsync(
        CliContext context, RagClient client, string collection, JudgedCollection judged, bool quiet, CancellationToken cancellationToken)
    {
        var sent = 0;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(judged.Documents, parallel, async (document, token) =>
        {
            await SendAsync(context, client, collection, document, token);
            if (Interlocked.Increment(ref sent) % 1000 == 0 && !quiet)
            {
                context.Terminal.Quiet($"{sent} of {judged.Documents.Count} documents sent");
            }
        });

        while (true)
        {
            var state = (await client.GetCollectionAsync(collection, cancellationToken)).Documents;
            if (state.Failed > 0)
            {
                throw new CliException(
                    $"{state.Failed} documents of the collection failed, so measuring it would say nothing.", "With --keep the collection stays, and the web front end shows why.");
            }

            if (state.Queued + state.Processing == 0)
            {
                return;
            }

            await Task.Delay(LookEvery, context.Time, cancellationToken);
        }
    }

    private static async Task SendAsync(CliContext context, RagClient client, string collection, JudgedDocument document, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await client.AddTextAsync(collection, new TextDocument(document.Text, document.Title, SourceId: document.Id), cancellationToken: cancellationToken);
                return;
            }
            catch (RagApiException exception) when (exception.Status is System.Net.HttpStatusCode.TooManyRequests && attempt < MaxAttempts)
            {
                await Task.Delay(exception.RetryAfter ?? TimeSpan.FromSeconds(attempt), context.Time, cancellationToken);
            }
        }
    }
}
