using System.Net;
using System.Net.Sockets;

namespace Aspire.Hosting.Orchestration.Endpoints;

/// <summary>
/// A port held on loopback, for IPv4 and, where the machine has it, IPv6: "localhost" may mean either, and a browser that tries the other
/// one first must not reach somebody else's server.
/// </summary>
internal sealed class LoopbackListener : IDisposable
{
    private readonly IReadOnlyList<Socket> _sockets;

    private LoopbackListener(IReadOnlyList<Socket> sockets)
    {
        _sockets = sockets;
        Port = ((IPEndPoint)sockets[0].LocalEndPoint!).Port;
    }

    public int Port { get; }

    public IReadOnlyList<Socket> Sockets => _sockets;

    /// <summary>
    /// Listens on the preferred port; if it is taken, tells whose it is and takes a free one. Null means any.
    /// </summary>
    /// <param name="preferredPort">The stable port, or null.</param>
    /// <param name="endpoint">For the message, such as "'http' of 'rag-api'".</param>
    /// <param name="log">Gets the message.</param>
    public static LoopbackListener Open(int? preferredPort, string endpoint, Action<string> log)
    {
        if (preferredPort is { } port)
        {
            try
            {
                return Bind(port);
            }
            catch (SocketException e)
            {
                var fallback = BindAny();
                var reason = e.SocketErrorCode switch
                {
                    SocketError.AddressAlreadyInUse => $"is taken by {PortOwner.Describe(port) ?? "another process (of an account whose processes cannot be seen from here)"}",
                    SocketError.AccessDenied => "may not be opened by this account",
                    _ => $"cannot be opened ({e.Message})",
                };
                log($"Port {port} for {endpoint} {reason}; using {fallback.Port} for this run.");
                return fallback;
            }
        }

        return BindAny();
    }

    public void Dispose()
    {
        foreach (var socket in _sockets)
        {
            socket.Dispose();
        }
    }

    private static LoopbackListener BindAny()
    {
        const int Attempts = 20;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return Bind(0);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse && attempt < Attempts)
            {
                // The free IPv4 port is taken on IPv6: ask for another.
            }
        }
    }

    private static LoopbackListener Bind(int port)
    {
        var sockets = new List<Socket>();
        try
        {
            sockets.Add(Listen(IPAddress.Loopback, port));
            if (Socket.OSSupportsIPv6)
            {
                try
                {
                    sockets.Add(Listen(IPAddress.IPv6Loopback, ((IPEndPoint)sockets[0].LocalEndPoint!).Port));
                }
                catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported)
                {
                    // IPv6 is compiled in but switched off here.
                }
            }

            return new LoopbackListener(sockets);
        }
        catch
        {
            sockets.ForEach(socket => socket.Dispose());
            throw;
        }
    }

    private static Socket Listen(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // .NET sets SO_REUSEADDR on Unix by itself (waiting connections of the last run do not block); a listener still does.
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(512);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
