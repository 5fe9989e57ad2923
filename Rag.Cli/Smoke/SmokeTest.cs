using System.Globalization;
using System.Net;
using System.Text;
using Rag.Client;

namespace Rag.Cli.Smoke;

/// <summary>
/// One document through the whole platform, in a collection that nobody else has and that is removed whatever happens. Each step is one line;
/// the first that fails ends the test, because the later ones would only say so again.
/// </summary>
/// <param name="client">The API.</param>
/// <param name="terminal">Gets the lines.</param>
/// <param name="time">The clock.</param>
/// <param name="patience">Of each step.</param>
internal sealed class SmokeTest(RagClient client, Terminal terminal, TimeProvider time, TimeSpan patience)
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(500);

    private readonly string _collection = $"smoke-{Guid.NewGuid():N}";

    // No document that somebody else sent says this: an answer of it came from here.
    private readonly string _fact = Guid.NewGuid().ToString("N")[..10];

    /// <returns><see cref="ExitCode.Ok"/> when every step did what it should.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        if (!await StepAsync("reach the API", ReachAsync, cancellationToken))
        {
            return ExitCode.Unavailable;
        }

        var passed = false;
        try
        {
            Guid document = default;
            passed = await StepAsync("create a collection", CreateAsync, cancellationToken)
                && await StepAsync("upload a document", async token => $"{document = await UploadAsync(token)}", cancellationToken)
                && await StepAsync("wait until it is ready", token => ReadyAsync(document, token), cancellationToken)
                && await StepAsync("search", token => SearchAsync(document, token), cancellationToken)
                && await StepAsync("ask, and check the citation", token => AskAsync(document, token), cancellationToken);
        }
        finally
        {
            // Not with the caller's token: who gives up must not leave a collection behind. One that could not be made may be there all the same,
            // where only the answer was late.
            passed &= await StepAsync("remove the collection", RemoveAsync, CancellationToken.None);
        }

        return passed ? ExitCode.Ok : ExitCode.Failed;
    }

    private async Task<bool> StepAsync(string name, Func<CancellationToken, Task<string>> step, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        var started = time.GetTimestamp();
        string Took() => string.Create(CultureInfo.InvariantCulture, $"{time.GetElapsedTime(started).TotalSeconds:0.00} s");
        try
        {
            var said = await step(limit.Token);
            terminal.Good($"ok      {name}: {said} ({Took()})");
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            terminal.Bad($"FAILED  {name}: it did not happen within {Took()}.");
        }
        catch (Exception exception) when (exception is RagApiException or CliException or IOException or HttpRequestException)
        {
            terminal.Bad($"FAILED  {name}: {exception.Message} ({Took()})");
        }

        return false;
    }

    private async Task<string> ReachAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            try
            {
                await client.ListCollectionsAsync(limit: 1, cancellationToken: cancellationToken);
                return "it answers";
            }
            catch (RagApiException exception) when (IsStarting(exception) && time.GetElapsedTime(started) + BetweenLooks < patience)
            {
                await Task.Delay(BetweenLooks, time, cancellationToken);
            }
        }
    }

    // What a gateway says while nobody is ready behind it, too.
    private static bool IsStarting(RagApiException exception) =>
        exception.Code == RagApiException.Unreachable || exception.Status is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    private async Task<string> CreateAsync(CancellationToken cancellationToken)
    {
        await client.CreateCollectionAsync(new CreateCollection(_collection, "Made by 'rag smoke', which removes it again."), cancellationToken: cancellationToken);
        return _collection;
    }

    private async Task<Guid> UploadAsync(CancellationToken cancellationToken)
    {
        await using var content = new MemoryStream(Encoding.UTF8.GetBytes(
            $"""
            # Lighthouse

            The lighthouse on the northern pier is painted in colour {_fact}. Its lamp is lit at dusk.

            # Harbour

            Boats moor on the southern quay.

            """));
        var submission = await client.UploadAsync(_collection, [new UploadFile("smoke.md", content, "text/markdown")], cancellationToken: cancellationToken);
        return submission.Items[0] is { Id: { } id } ? id : throw new CliException(submission.Items[0].Problem?.Message ?? "It was refused without a reason.");
    }

    private async Task<string> ReadyAsync(Guid document, CancellationToken cancellationToken)
    {
        while (true)
        {
            var state = await client.GetDocumentAsync(_collection, document, cancellationToken);
            switch (state.Status)
            {
                case DocumentStatus.Ready:
                    return $"{state.Chunks} passages";
                case DocumentStatus.Failed:
                    throw new CliException(state.Problem is { } problem ? $"{problem.Code}: {problem.Message}" : "The document failed without a reason.");
                default:
                    await Task.Delay(BetweenLooks, time, cancellationToken);
                    break;
            }
        }
    }

    private async Task<string> SearchAsync(Guid document, CancellationToken cancellationToken)
    {
        while (true)
        {
            var found = await client.SearchAsync(_collection, new SearchRequest("colour of the lighthouse"), cancellationToken);
            if (found.Evidence.FirstOrDefault(one => one.DocumentId == document && one.Text.Contains(_fact, StringComparison.Ordinal)) is { } evidence)
            {
                return string.Create(CultureInfo.InvariantCulture, $"the passage is number {evidence.Number}, by {found.Mode.ToString().ToLowerInvariant()} search");
            }

            // The index follows the database; a document is ready a moment before it is found.
            await Task.Delay(BetweenLooks, time, cancellationToken);
        }
    }

    private async Task<string> AskAsync(Guid document, CancellationToken cancellationToken)
    {
        var answer = await client.AskAsync(_collection, new AskRequest("In which colour is the lighthouse on the northern pier painted?"), cancellationToken);
        if (answer.Citations.FirstOrDefault(citation => citation.DocumentId == document) is not { } cited)
        {
            throw new CliException($"The answer cites nothing of the document: \"{Printable.Excerpt(answer.Answer, 200)}\".");
        }

        var text = (await client.GetTextAsync(_collection, document, cited.Generation, cancellationToken: cancellationToken)).Text;
        var there = cited.Start >= 0 && cited.Start <= cited.End && cited.End <= text.Length ? text[cited.Start..cited.End] : "";
        return there == cited.Quote
            ? $"{answer.Model} quotes what stands there"
            : throw new CliException($"The citation says \"{Printable.Excerpt(cited.Quote, 100)}\", and the document has \"{Printable.Excerpt(there, 100)}\" there.");
    }

    private async Task<string> RemoveAsync(CancellationToken cancellationToken)
    {
        try
        {
            await client.DeleteCollectionAsync(_collection, cancellationToken);
            await client.GetCollectionAsync(_collection, cancellationToken);
        }
        catch (RagApiException gone) when (gone.Code == "collection-not-found")
        {
            return "it is gone";
        }

        throw new CliException("It is still there.");
    }
}
