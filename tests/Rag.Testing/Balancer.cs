using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.Orchestration.Endpoints;

namespace Rag.Testing;

/// <summary>
/// What a Kubernetes Service and the kubelets do, on a free loopback port: a new connection goes to the next backend that is ready, and
/// stays with it whatever becomes of that backend. A backend that refuses a connection although it passes for ready costs the client that
/// connection, as it does there: nothing is tried again.
/// </summary>
public sealed class Balancer : IAsyncDisposable
{
    // Two refusals in a row take a backend out, well within the delay of a shutdown. A busy machine must not look like one.
    private const int FailureThreshold = 2;
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<Uri, Backend> _backends = new();
    private readonly ConcurrentDictionary<Task, byte> _connections = new();
    private readonly HttpClient _probe = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero }) { Timeout = Timeout };
    private readonly Task _accepting;
    private int _next = -1;
    private int _refused;

    private Balancer()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
        Address = new Uri($"http://{_listener.LocalEndPoint}");
        _accepting = AcceptAsync();
    }

    /// <summary>What clients connect to.</summary>
    public Uri Address { get; }

    /// <summary>Connections that could not be handed on: no backend was ready, or the one whose turn it was refused.</summary>
    public int Refused => Volatile.Read(ref _refused);

    /// <summary>Starts one, without backends.</summary>
    public static Balancer Start() => new();

    /// <summary>Probes a backend from now on; connections go to it once it is ready.</summary>
    public void Add(Uri backend)
    {
        ArgumentNullException.ThrowIfNull(backend);
        var added = _backends.GetOrAdd(backend, static address => new Backend(address));
        added.Probing = ProbeAsync(added);
    }

    /// <summary>Whether new connections go to it.</summary>
    public bool IsInRotation(Uri backend) => _backends[backend].IsReady;

    /// <summary>On how many connections it has sent something.</summary>
    public int Answered(Uri backend) => _backends[backend].Answered;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_backends.Values.Select(static backend => backend.Probing));
        await Task.WhenAll(_connections.Keys);
        _probe.Dispose();
        _stopping.Dispose();
    }

    private async Task ProbeAsync(Backend backend)
    {
        using var timer = new PeriodicTimer(Period);
        var failures = 0;
        do
        {
            if (await IsReadyAsync(backend))
            {
                failures = 0;
                backend.IsReady = true;
            }
            else if (++failures >= FailureThreshold)
            {
                backend.IsReady = false;
            }
        }
        while (await TickAsync(timer));
    }

    private async Task<bool> TickAsync(PeriodicTimer timer)
    {
        try
        {
            return await timer.WaitForNextTickAsync(_stopping.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<bool> IsReadyAsync(Backend backend)
    {
        try
        {
            using var answer = await _probe.GetAsync(new Uri(backend.Address, "/health/ready"), _stopping.Token);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                var client = await _listener.AcceptAsync(_stopping.Token);
                var serving = ServeAsync(client);
                _connections.TryAdd(serving, 0);
                _ = serving.ContinueWith(done => _connections.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        // The accept loop must not carry the first steps of every connection.
        await Task.Yield();
        using (client)
        using (var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true })
        {
            client.NoDelay = true;
            var backend = Next();
            if (backend is null || !await ConnectAsync(server, backend))
            {
                Interlocked.Increment(ref _refused);
                Abort(client);
                return;
            }

            using var broken = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
            await Task.WhenAll(RelayAsync(client, server, broken), AnswerAsync(backend, server, client, broken));
            if (broken.IsCancellationRequested)
            {
                Abort(client);
                Abort(server);
            }
        }
    }

    private Backend? Next()
    {
        var ready = _backends.Values.Where(static backend => backend.IsReady).OrderBy(static backend => backend.Address.Port).ToArray();
        return ready.Length == 0 ? null : ready[(uint)Interlocked.Increment(ref _next) % (uint)ready.Length];
    }

    private async Task<bool> ConnectAsync(Socket server, Backend backend)
    {
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, backend.Address.Port, _stopping.Token);
            return true;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    private static async Task AnswerAsync(Backend backend, Socket server, Socket client, CancellationTokenSource broken)
    {
        try
        {
            // A read of nothing waits for the first byte, or for the end.
            await server.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, broken.Token);
            if (server.Available > 0)
            {
                backend.CountAnswered();
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            await broken.CancelAsync();
            return;
        }

        await RelayAsync(server, client, broken);
    }

    // A direction that breaks breaks the other one too; a direction that ends well lets the other one finish.
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

    // A reset tells that the connection broke; a plain close would look like a complete answer.
    private static void Abort(Socket socket) => socket.LingerState = new LingerOption(true, 0);

    private sealed class Backend(Uri address)
    {
        private int _answered;

        public Uri Address => address;

        public volatile bool IsReady;

        public Task Probing { get; set; } = Task.CompletedTask;

        public int Answered => Volatile.Read(ref _answered);

        public void CountAnswered() => Interlocked.Increment(ref _answered);
    }
}
