using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Rag.Client;

/// <summary>
/// The v1 API in types. Thread-safe; keeps no state but the <see cref="HttpClient"/>, which it neither owns nor changes. Every method
/// throws <see cref="RagApiException"/> when the API refuses, fails or cannot be reached; the caller's cancellation stays an
/// <see cref="OperationCanceledException"/>. Nothing is retried here.
/// </summary>
/// <param name="http">
/// With its base address set to the API's root. Uploads may take long: prefer an infinite <see cref="HttpClient.Timeout"/> and cancellation
/// tokens (<see cref="Create"/> does so).
/// </param>
/// <param name="bearer">Key or session for the call at hand, asked anew for every request; null or an empty answer sends none.</param>
public sealed partial class RagClient(HttpClient http, Func<CancellationToken, ValueTask<string?>>? bearer = null)
{
    /// <summary>A client with a connection pool of its own for a process that talks to one API with one key.</summary>
    /// <param name="baseAddress">Root of the API: <c>http://localhost:5170</c>.</param>
    /// <param name="key">Sent as bearer; null sends none.</param>
    public static RagClient Create(Uri baseAddress, string? key)
    {
        ArgumentNullException.ThrowIfNull(baseAddress);
        var http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(10), PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
        {
            BaseAddress = baseAddress,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        return new RagClient(http, _ => ValueTask.FromResult(key));
    }

    private static string Path(params ReadOnlySpan<string> segments)
    {
        var path = new System.Text.StringBuilder("v1");
        foreach (var segment in segments)
        {
            path.Append('/').Append(Uri.EscapeDataString(segment));
        }

        return path.ToString();
    }

    private static string WithQuery(string path, params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var separator = '?';
        foreach (var (name, value) in parameters)
        {
            if (value is not null)
            {
                path += $"{separator}{name}={Uri.EscapeDataString(value)}";
                separator = '&';
            }
        }

        return path;
    }

    private static string? Text(int? value) => value?.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string? Text(long? value) => value?.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static JsonContent Json<T>(T body) => JsonContent.Create(body, options: ClientJson.Options);

    private async Task<T> SendAsync<T>(HttpMethod method, string path, HttpContent? body, CancellationToken cancellationToken, string? idempotencyKey = null)
    {
        using var response = await SendAsync(method, path, body, idempotencyKey, cancellationToken).ConfigureAwait(false);
        return await ReadAsync<T>(response, cancellationToken).ConfigureAwait(false);
    }

    private async Task SendAsync(HttpMethod method, string path, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(method, path, body: null, idempotencyKey: null, cancellationToken).ConfigureAwait(false);
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? body, string? idempotencyKey, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(method, path) { Content = body };
        if (idempotencyKey is not null)
        {
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        }

        return SendAsync(request, cancellationToken);
    }

    /// <summary>The successful answer with its headers read; the request is disposed with its content.</summary>
    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using (request)
        {
            if (bearer is not null && await bearer(cancellationToken).ConfigureAwait(false) is { Length: > 0 } token)
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            }

            HttpResponseMessage response;
            try
            {
                response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            }
            catch (HttpRequestException e)
            {
                throw Away(e);
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                throw Away(e);
            }

            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            using (response)
            {
                throw await ProblemOf(response, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            return await response.Content.ReadFromJsonAsync<T>(ClientJson.Options, cancellationToken).ConfigureAwait(false)
                ?? throw new JsonException("The body is null.");
        }
        catch (JsonException e)
        {
            throw new RagApiException(
                new ProblemDetails
                {
                    Type = "unexpected-answer",
                    Status = (int)response.StatusCode,
                    Detail = $"The answer of {http.BaseAddress} is not what this version expects. Is it a RagPlatform API of the same version?",
                },
                inner: e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // The connection broke in the middle of the body; read from the stream, it is an IOException then.
            throw Away(e);
        }
    }

    /// <summary>Server-sent events of an answer that is already under way.</summary>
    private async IAsyncEnumerable<System.Net.ServerSentEvents.SseItem<string>> EventsOf(
        HttpResponseMessage response, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using (response)
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using var events = System.Net.ServerSentEvents.SseParser.Create(stream).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (true)
            {
                try
                {
                    if (!await events.MoveNextAsync().ConfigureAwait(false))
                    {
                        yield break;
                    }
                }
                catch (Exception e) when (e is IOException or HttpRequestException)
                {
                    throw Away(e);
                }

                yield return events.Current;
            }
        }
    }

    private static T Parse<T>(string data) =>
        JsonSerializer.Deserialize<T>(data, ClientJson.Options) ?? throw new JsonException("An event's data is null.");

    private RagApiException Away(Exception cause) => new(
        new ProblemDetails
        {
            Type = RagApiException.Unreachable,
            Title = "API not reachable",
            Detail = $"The API at {http.BaseAddress} does not answer. Is it running? './rag up' starts everything.",
        },
        inner: cause);

    private static async Task<RagApiException> ProblemOf(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        var retryAfter = response.Headers.RetryAfter?.Delta;
        ProblemDetails? problem = null;
        if (response.Content.Headers.ContentType?.MediaType is "application/problem+json" or "application/json")
        {
            try
            {
                problem = await response.Content.ReadFromJsonAsync<ProblemDetails>(ClientJson.Options, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is JsonException or HttpRequestException or IOException)
            {
                // A proxy's or a half-read body: the status alone has to do.
            }
        }

        problem ??= new ProblemDetails { Detail = $"The API answered {status} {response.ReasonPhrase}." };
        return new RagApiException(problem with { Status = status }, retryAfter);
    }
}
