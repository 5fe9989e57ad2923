using System.Net;
using System.Net.Sockets;
using System.Text;
using Aspire.Hosting.Orchestration.Endpoints;

namespace LocalHosting.Tests.Orchestration;

public sealed class EndpointProxyTests
{
    [Fact]
    public async Task Connections_go_round_and_a_dead_replica_is_skipped()
    {
        await using var proxy = new EndpointProxy(LoopbackListener.Open(null, "'http' of 'x'", _ => { }));
        using var one = new Replica("one");
        var two = new Replica("two");
        proxy.Add(one.Address);
        proxy.Add(two.Address);

        var both = await Names(proxy.Port, 10);
        Assert.Equal(5, both.Count(name => name == "one"));
        Assert.Equal(5, both.Count(name => name == "two"));

        // It dies without being removed, as in the moment before the supervisor notices.
        two.Dispose();
        Assert.All(await Names(proxy.Port, 10), name => Assert.Equal("one", name));
    }

    [Fact]
    public async Task A_client_that_has_said_all_still_gets_the_whole_answer()
    {
        await using var proxy = new EndpointProxy(LoopbackListener.Open(null, "'tcp' of 'x'", _ => { }));
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        proxy.Add((IPEndPoint)server.LocalEndpoint);
        var serving = Task.Run(async () =>
        {
            using var connection = await server.AcceptTcpClientAsync();
            var incoming = connection.GetStream();
            await using var received = new MemoryStream();
            // Ends only when the client's half-close has come through.
            await incoming.CopyToAsync(received);
            var answer = new byte[3_000_000];
            Array.Fill(answer, received.ToArray()[0]);
            await incoming.WriteAsync(answer);
        });

        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, proxy.Port);
        var stream = client.GetStream();
        await stream.WriteAsync("x"u8.ToArray());
        client.Client.Shutdown(SocketShutdown.Send);
        await using var all = new MemoryStream();
        await stream.CopyToAsync(all).WaitAsync(TimeSpan.FromSeconds(10));
        await serving;

        Assert.Equal(3_000_000, all.Length);
        Assert.All(all.ToArray().Distinct(), value => Assert.Equal((byte)'x', value));
    }

    [Fact]
    public async Task Bytes_pass_while_the_answer_goes_on()
    {
        await using var proxy = new EndpointProxy(LoopbackListener.Open(null, "'http' of 'x'", _ => { }));
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        proxy.Add((IPEndPoint)server.LocalEndpoint);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, proxy.Port);
        using var upstream = await server.AcceptTcpClientAsync();

        var buffer = new byte[16];
        for (var i = 0; i < 3; i++)
        {
            await upstream.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"event {i}"));
            var count = await client.GetStream().ReadAsync(buffer).AsTask().WaitAsync(TimeSpan.FromSeconds(5));
            Assert.Equal($"event {i}", Encoding.ASCII.GetString(buffer, 0, count));
        }
    }

    [Fact]
    public async Task Without_a_living_replica_the_connection_is_reset_at_once()
    {
        await using var proxy = new EndpointProxy(LoopbackListener.Open(null, "'http' of 'x'", _ => { }));
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, proxy.Port);
        await Assert.ThrowsAsync<IOException>(() => client.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public void A_taken_port_is_reported_with_its_owner_and_another_one_opened()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var log = new List<string>();

        using var listener = LoopbackListener.Open(port, "'http' of 'rag-api'", log.Add);

        Assert.NotEqual(port, listener.Port);
        var line = Assert.Single(log);
        Assert.Contains($"Port {port}", line, StringComparison.Ordinal);
        Assert.Contains("'http' of 'rag-api'", line, StringComparison.Ordinal);
        Assert.Contains($"(process {Environment.ProcessId})", line, StringComparison.Ordinal);
        Assert.Contains($"using {listener.Port}", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_listeners_of_the_port_count()
    {
        string[] table =
        [
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
            "   0: 0100007F:1432 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 23456 1 0000000000000000 100 0 0 10 0",
            "   1: 0100007F:1432 0100007F:C350 01 00000000:00000000 00:00000000 00000000   101        0 99999 1 0000000000000000 20 4 30 10 -1",
            "   2: 0100007F:1433 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 11111 1 0000000000000000 100 0 0 10 0",
        ];
        Assert.Equal(["23456"], PortOwner.ListenerInodes(table, 0x1432));
    }

    private static async Task<List<string>> Names(int port, int count)
    {
        var names = new List<string>();
        for (var i = 0; i < count; i++)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port);
            using var reader = new StreamReader(client.GetStream());
            names.Add(await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(5)));
        }

        return names;
    }

    /// <summary>Says its name to everybody who connects.</summary>
    private sealed class Replica : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public Replica(string name)
        {
            _listener.Start();
            Address = (IPEndPoint)_listener.LocalEndpoint;
            _ = Task.Run(async () =>
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(name));
                }
            });
        }

        public IPEndPoint Address { get; }

        public void Dispose() => _listener.Dispose();
    }
}
