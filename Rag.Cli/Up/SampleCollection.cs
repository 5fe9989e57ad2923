using Rag.Cli.Connection;
using Rag.Cli.Documents;
using Rag.Client;

namespace Rag.Cli.Up;

/// <summary>Loads the documents under <c>samples/</c> once the API answers, and says what to ask them.</summary>
internal static class SampleCollection
{
    public const string Name = "sample";

    /// <summary>A question that one passage of the samples answers.</summary>
    public const string Question = "How long may a visitor keep a red torch?";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Waits for the API that this start brings up, then ingests. A failure is told, not thrown: the platform runs on.</summary>
    public static async Task LoadAsync(CliContext context, CancellationToken cancellationToken)
    {
        var checkout = context.RequireCheckout();
        // The services' lines share the terminal: a progress bar would be torn apart by them.
        var plain = context with { Terminal = Terminal.Plain(context.Terminal.Out, context.Terminal.Error) };
        try
        {
            var client = await ConnectAsync(context, cancellationToken);
            await IngestCommand.EnsureCollectionAsync(client, Name, cancellationToken, "The handbook of a small observatory, made for trying out.");
            await Ingestion.RunAsync(plain, client, Name, FolderWalk.Find([checkout.Samples], checkout.Root), wait: true, cancellationToken);
            plain.Terminal.Line($"Try:  ./rag ask -c {Name} \"{Question}\"");
            if (context.Recorded(RecordedSettings.WebUrlKey) is { } web)
            {
                plain.Terminal.Line($"  or  {web.TrimEnd('/')}/collections/{Name}");
            }
        }
        catch (Exception exception) when (exception is RagApiException or CliException or IOException)
        {
            plain.Terminal.Problem($"The sample collection could not be loaded: {exception.Message}", $"Try './rag ingest samples -c {Name}' later.");
        }
    }

    private static async Task<RagClient> ConnectAsync(CliContext context, CancellationToken cancellationToken)
    {
        var deadline = context.Time.GetUtcNow() + Patience;
        while (true)
        {
            try
            {
                // Resolved anew each time: AppHost records the address when the API is there.
                // Other checkouts of the account record theirs in the same place, and one of them may be running.
                if (context.Recorded(RecordedSettings.CheckoutKey) is not { } owner || !context.RequireCheckout().Is(owner))
                {
                    throw new CliException("This checkout's API has not come up.", "Its log says why.", ExitCode.Unavailable);
                }

                var client = ApiConnection.Resolve(context with { Variable = _ => null }, option: null).Connect();
                await client.GetSessionAsync(cancellationToken);
                return client;
            }
            catch (Exception exception) when (exception is RagApiException or CliException && context.Time.GetUtcNow() < deadline)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500), context.Time, cancellationToken);
            }
        }
    }
}
