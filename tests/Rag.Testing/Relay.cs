using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Rag.Testing;

/// <summary>A loopback port that leads to another one while it is open, so that a server can go away without being stopped.</summary>
public sealed class Relay : IAsyncDisposable
{
    private readonly int _target;
    private readonly ConcurrentDictionary<TcpClient, byte> _connections = new();
    private readonly List<Task> _accepting = [];
    private TcpListener? _listener;

    public Relay(int target)
    {
        _target = target;
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Port = ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    public int Port { get; }

    /// <summary>Nothing happens where it is open.</summary>
    public void Open()
    {
        if (_listener is not null)
        {
            return;
        }

        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _accepting.Add(AcceptAsync(_listener));
    }

    /// <summary>New connections are refused, those there are end.</summary>
    public void Cut()
    {
        _listener?.Stop();
        _listener = null;
        foreach (var connection in _connections.Keys)
        {
            connection.Close();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Cut();
        await Task.WhenAll(_accepting);
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        var relaying = new List<Task>();
        try
        {
            while (true)
            {
                relaying.Add(RelayAsync(await listener.AcceptTcpClientAsync()));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Cut.
        }

        await Task.WhenAll(relaying);
    }

    private async Task RelayAsync(TcpClient client)
    {
        using var server = new TcpClient();
        _connections[client] = 0;
        _connections[server] = 0;
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _target);
            await Task.WhenAny(
                client.GetStream().CopyToAsync(server.GetStream()),
                server.GetStream().CopyToAsync(client.GetStream()));
        }
        catch (Exception e) when (e is SocketException or IOException or InvalidOperationException)
        {
            // Cut, or one side went away: the other learns it below.
        }

        client.Dispose();
        _connections.TryRemove(client, out _);
        _connections.TryRemove(server, out _);
    }
}
