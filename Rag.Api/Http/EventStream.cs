using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;

namespace Rag.Api.Http;

/// <summary>
/// Writes server-sent events, each flushed at once, and a comment whenever nothing was written for <see cref="Quiet"/>, so that proxies
/// keep the connection and a vanished client is noticed.
/// </summary>
internal sealed class EventStream : IAsyncDisposable
{
    public static readonly TimeSpan Quiet = TimeSpan.FromSeconds(15);

    private readonly HttpResponse _response;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _ended;
    private readonly Task _comments;

    private EventStream(HttpContext context, Func<CancellationToken, ValueTask<bool>>? mayGoOn, TimeProvider time)
    {
        _response = context.Response;
        _ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        Aborted = _ended.Token;
        _comments = CommentAsync(mayGoOn, time);
    }

    /// <summary>Cancelled when the client has gone, or lost its right to the stream.</summary>
    public CancellationToken Aborted { get; }

    /// <summary>Begins the answer.</summary>
    /// <param name="context">Its response must not have started.</param>
    /// <param name="mayGoOn">Asked with every comment; false ends the stream.</param>
    /// <param name="time">For the comments.</param>
    /// <param name="isLong">
    /// Whether the stream may outlast the delay of a shutdown. Then it ends its connection: a process that stops while the stream is open
    /// closes that connection behind it, too late to say so, and the client's next request on it would be lost.
    /// </param>
    public static async Task<EventStream> BeginAsync(HttpContext context, Func<CancellationToken, ValueTask<bool>>? mayGoOn, TimeProvider time, bool isLong)
    {
        var response = context.Response;
        if (isLong && HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            response.Headers.Connection = "close";
        }

        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        // Some proxies collect answers otherwise.
        response.Headers["X-Accel-Buffering"] = "no";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await response.WriteAsync(": open\n\n", context.RequestAborted);
        await response.Body.FlushAsync(context.RequestAborted);
        return new EventStream(context, mayGoOn, time);
    }

    public Task WriteAsync<T>(string name, T data, CancellationToken cancellationToken, long? id = null) =>
        WriteTextAsync(name, JsonSerializer.Serialize(data, ApiJson.Options), cancellationToken, id);

    /// <param name="name">Event.</param>
    /// <param name="json">Data without line breaks.</param>
    /// <param name="cancellationToken">Ends the wait for the connection.</param>
    /// <param name="id">What a client resumes after.</param>
    public Task WriteTextAsync(string name, string json, CancellationToken cancellationToken, long? id = null)
    {
        var text = new StringBuilder(json.Length + 64);
        if (id is { } number)
        {
            text.Append("id: ").Append(number.ToString(CultureInfo.InvariantCulture)).Append('\n');
        }

        text.Append("event: ").Append(name).Append("\ndata: ").Append(json).Append("\n\n");
        return SendAsync(text.ToString(), cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _comments;
        _ended.Dispose();
        _turn.Dispose();
    }

    private async Task SendAsync(string text, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await _response.WriteAsync(text, cancellationToken);
            await _response.Body.FlushAsync(cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task CommentAsync(Func<CancellationToken, ValueTask<bool>>? mayGoOn, TimeProvider time)
    {
        try
        {
            using var timer = new PeriodicTimer(Quiet, time);
            while (await timer.WaitForNextTickAsync(Aborted))
            {
                await SendAsync(":\n\n", Aborted);
                if (mayGoOn is not null && !await mayGoOn(Aborted))
                {
                    await _ended.CancelAsync();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The stream is over.
        }
        catch (Exception)
        {
            // The client is gone, or whether it may go on cannot be found out, for whatever reason. Nobody would ask again: it resumes when it can.
            await _ended.CancelAsync();
        }
    }
}
