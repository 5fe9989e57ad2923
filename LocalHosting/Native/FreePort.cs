using System.Net;
using System.Net.Sockets;

namespace Aspire.Hosting.Native;

/// <summary>Ports on loopback.</summary>
internal static class FreePort
{
    /// <summary>A port that was free a moment ago; whoever binds it must be ready to try again.</summary>
    public static int Next()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
