using System.Runtime.CompilerServices;

namespace Rag.Client;

/// <content>Search and ask.</content>
public sealed partial class RagClient
{
    /// <summary>Evidence for a query.</summary>
    public Task<SearchResponse> SearchAsync(string collection, SearchRequest request, CancellationToken cancellationToken = default) =>
        SendAsync<SearchResponse>(HttpMethod.Post, Path("collections", collection, "search"), Json(request), cancellationToken);

    /// <summary>An answer as a whole.</summary>
    public Task<AskResponse> AskAsync(string collection, AskRequest request, CancellationToken cancellationToken = default) =>
        SendAsync<AskResponse>(HttpMethod.Post, Path("collections", collection, "ask"), Json(request), cancellationToken);

    /// <summary>An answer as it is made: evidence, then citations and text, then the end. A failure on the way throws.</summary>
    /// <exception cref="RagApiException">Also when the stream ends without its last event.</exception>
    public async IAsyncEnumerable<AskEvent> AskStreamAsync(
        string collection, AskRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, Path("collections", collection, "ask")) { Content = Json(request) };
        message.Headers.Accept.ParseAdd("text/event-stream");
        var response = await SendAsync(message, cancellationToken).ConfigureAwait(false);
        await foreach (var item in EventsOf(response, cancellationToken).ConfigureAwait(false))
        {
            switch (item.EventType)
            {
                case "evidence":
                    yield return Parse<AskEvent.Found>(item.Data);
                    break;
                case "delta":
                    yield return Parse<AskEvent.Delta>(item.Data);
                    break;
                case "citation":
                    yield return new AskEvent.Cited(Parse<Citation>(item.Data));
                    break;
                case "done":
                    var done = Parse<DoneData>(item.Data);
                    yield return new AskEvent.Done(done.Found, done.Model, done.Usage, done.Notice);
                    yield break;
                case "error":
                    throw new RagApiException(Parse<ProblemDetails>(item.Data));
            }
        }

        throw new RagApiException(new ProblemDetails
        {
            Type = "answer-broken",
            Title = "Answer broken off",
            Detail = "The connection ended before the answer did. Ask again.",
        });
    }

    private sealed record DoneData(bool Found, string Model, TokenUsage? Usage, string? Notice);
}
