using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Rag.Testing;

/// <summary>An HTTP server on loopback, on a port of its own: what a test's servers have in common. Each answers as its protocol says.</summary>
public abstract class LoopbackServer : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Task _serving;

    /// <summary>Listens from then on; the fields of a derived class have their first values by then, its constructor has not run.</summary>
    protected LoopbackServer()
    {
        // Somebody else may take the port between asking for it and listening: then another one.
        for (var attempt = 0; ; attempt++)
        {
            Address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{UnusedPort()}");
            _listener.Prefixes.Clear();
            _listener.Prefixes.Add($"http://{Address}/");
            try
            {
                _listener.Start();
                break;
            }
            catch (HttpListenerException) when (attempt < 5)
            {
            }
        }

        _serving = Task.Run(ServeAsync);
    }

    /// <summary>Host and port.</summary>
    public string Address { get; }

    /// <inheritdoc/>
    public virtual async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
        GC.SuppressFinalize(this);
    }

    /// <summary>Answers a request, and closes the response.</summary>
    protected abstract Task AnswerAsync(HttpListenerContext context);

    private static int UnusedPort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            _ = AnswerSafelyAsync(context);
        }
    }

    private async Task AnswerSafelyAsync(HttpListenerContext context)
    {
        try
        {
            await AnswerAsync(context);
        }
        catch (Exception e) when (e is HttpListenerException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The client went away, or the test is over.
        }
    }
}
