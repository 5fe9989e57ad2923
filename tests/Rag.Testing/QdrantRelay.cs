using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Rag.Testing;

/// <summary>What becomes of a request on its way to a vector server.</summary>
public abstract record RelayFate
{
    /// <summary>It arrives, and its answer comes back.</summary>
    public static RelayFate Forward { get; } = new Forwarded();

    /// <summary>The connection ends before it arrives.</summary>
    public static RelayFate Lose { get; } = new Lost();

    /// <summary>It arrives, and the connection ends instead of the answer.</summary>
    public static RelayFate LoseAnswer { get; } = new AnswerLost();

    /// <summary>Nothing happens until the caller gives up.</summary>
    public static RelayFate Hang { get; } = new Hung();

    /// <summary>It gets this answer and does not arrive.</summary>
    public sealed record Answer(int Status, string Body = "", string? Location = null) : RelayFate;

    private sealed record Forwarded : RelayFate;

    private sealed record Lost : RelayFate;

    private sealed record AnswerLost : RelayFate;

    private sealed record Hung : RelayFate;
}

/// <summary>A request as the relay saw it.</summary>
public sealed record RelayedRequest(string Method, string Path, string? Key, string Body);

/// <summary>
/// Stands before a vector server, writes down what goes to it, and lets requests get lost: as if the server were away, or as if whoever sent
/// them had been killed in that moment.
/// </summary>
public sealed class QdrantRelay : IAsyncDisposable
{
    private readonly ConcurrentQueue<RelayedRequest> _requests = new();
    private readonly HttpClient _target;
    private readonly WebApplication _app;

    private QdrantRelay(Uri target, X509Certificate2? certificate)
    {
        _target = new HttpClient { BaseAddress = target };
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        if (certificate is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (certificate is not null)
            {
                listen.UseHttps(certificate);
            }
        }));
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    /// <summary>Where it listens.</summary>
    public Uri Url => new(_app.Urls.First());

    /// <summary>What becomes of each.</summary>
    public Func<RelayedRequest, RelayFate> Fate { get; set; } = static _ => RelayFate.Forward;

    /// <summary>Whole requests, in the order in which they came.</summary>
    public IReadOnlyList<RelayedRequest> Requests => [.. _requests];

    /// <summary>Starts one.</summary>
    /// <param name="target">The server behind it.</param>
    /// <param name="certificate">With its key; null: without TLS.</param>
    public static async Task<QdrantRelay> StartAsync(Uri target, X509Certificate2? certificate = null)
    {
        var relay = new QdrantRelay(target, certificate);
        await relay._app.StartAsync();
        return relay;
    }

    /// <summary>Nothing gets through.</summary>
    public void Cut() => Fate = static _ => RelayFate.Lose;

    /// <summary>Everything gets through again.</summary>
    public void Open() => Fate = static _ => RelayFate.Forward;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _target.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        var request = context.Request;
        using var reader = new StreamReader(request.Body, Encoding.UTF8);
        var seen = new RelayedRequest(
            request.Method, request.Path + request.QueryString, request.Headers.TryGetValue("api-key", out var key) ? key.ToString() : null, await reader.ReadToEndAsync(context.RequestAborted));
        _requests.Enqueue(seen);
        var fate = Fate(seen);
        if (fate == RelayFate.Hang)
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        else if (fate is RelayFate.Answer answer)
        {
            context.Response.StatusCode = answer.Status;
            if (answer.Location is { } location)
            {
                context.Response.Headers.Location = location;
            }

            await context.Response.WriteAsync(answer.Body, context.RequestAborted);
        }
        else if (fate != RelayFate.Lose)
        {
            await ForwardAsync(seen, context, answers: fate != RelayFate.LoseAnswer);
            return;
        }

        if (fate is not RelayFate.Answer)
        {
            context.Abort();
        }
    }

    private async Task ForwardAsync(RelayedRequest seen, HttpContext context, bool answers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(seen.Method), seen.Path.TrimStart('/'));
        if (seen.Key is not null)
        {
            request.Headers.TryAddWithoutValidation("api-key", seen.Key);
        }

        if (seen.Body.Length > 0)
        {
            request.Content = new StringContent(seen.Body, Encoding.UTF8, "application/json");
        }

        // Not the caller's token: what arrived is carried out although he hangs up.
        using var response = await _target.SendAsync(request, CancellationToken.None);
        var body = await response.Content.ReadAsByteArrayAsync(CancellationToken.None);
        if (!answers)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = (int)response.StatusCode;
        context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
