using System.Net;
using System.Net.Sockets;

namespace Aspire.Hosting.Orchestration.Endpoints;

/// <summary>
/// One public port in front of any number of replicas: each connection goes to the next target in turn that accepts it. Bytes pass
/// unread in both directions and each direction ends by itself, so streams, upgrades and half-closed connections work.
/// </summary>
internal sealed class EndpointProxy : IAsyncDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    private readonly LoopbackListener _listener;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskSet _connections = new();
    private readonly Task _accepting;
    private volatile IPEndPoint[] _targets = [];
    private int _next = -1;

    public EndpointProxy(LoopbackListener listener)
    {
        _listener = listener;
        _accepting = Task.WhenAll(listener.Sockets.Select(AcceptAsync));
    }

    /// <summary>The public port.</summary>
    public int Port => _listener.Port;

    /// <summary>Adds a replica; adding it twice is one.</summary>
    public void Add(IPEndPoint target) => Change(targets => [.. targets.Where(other => !other.Equals(target)), target]);

    /// <summary>No new connection goes to it; the ones it has stay.</summary>
    public void Remove(IPEndPoint target) => Change(targets => [.. targets.Where(other => !other.Equals(target))]);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await _connections.WhenAllAsync();
        _stopping.Dispose();
    }

    private void Change(Func<IPEndPoint[], IPEndPoint[]> change)
    {
        IPEndPoint[] before, after;
        do
        {
            before = _targets;
            after = change(before);
        }
        while (!ReferenceEquals(Interlocked.CompareExchange(ref _targets, after, before), before));
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (!_stopping.IsCancellationRequested)
        {
            Socket client;
            try
            {
                client = await listener.AcceptAsync(_stopping.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // The client was gone before it was accepted, or descriptors ran out: the next one may fare better.
                await Task.Delay(TimeSpan.FromMilliseconds(10), CancellationToken.None);
                continue;
            }

            _connections.Add(ServeAsync(client));
        }
    }

    private async Task ServeAsync(Socket client)
    {
        // The accept loop must not carry the first steps of every connection.
        await Task.Yield();
        using (client)
        {
            client.NoDelay = true;
            using var server = await ConnectAsync();
            if (server is null)
            {
                Abort(client);
                return;
            }

            // A direction that breaks breaks the other one too; a direction that ends well lets the other one finish.
            using var broken = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
            await Task.WhenAll(RelayAsync(client, server, broken), RelayAsync(server, client, broken));
            if (broken.IsCancellationRequested)
            {
                Abort(client);
                Abort(server);
            }
        }
    }

    private static async Task RelayAsync(Socket from, Socket to, CancellationTokenSource broken)
    {
        try
        {
            await SocketRelay.CopyAsync(from, to, broken.Token);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            await broken.CancelAsync();
        }
    }

    private async Task<Socket?> ConnectAsync()
    {
        var targets = _targets;
        if (targets.Length == 0)
        {
            return null;
        }

        var first = (uint)Interlocked.Increment(ref _next);
        for (var i = 0u; i < targets.Length; i++)
        {
            var target = targets[(first + i) % (uint)targets.Length];
            var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
            timeout.CancelAfter(ConnectTimeout);
            try
            {
                await socket.ConnectAsync(target, timeout.Token);
                return socket;
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                socket.Dispose();
            }
        }

        return null;
    }

    // A reset tells the client that the connection broke; a plain close would look like a complete answer.
    private static void Abort(Socket socket) => socket.LingerState = new LingerOption(true, 0);
}
