using System.Buffers;
using System.Net.Sockets;

namespace Aspire.Hosting.Orchestration.Endpoints;

/// <summary>Copies one direction of a connection.</summary>
internal static class SocketRelay
{
    private const int BufferSize = 64 * 1024;

    /// <summary>Until <paramref name="from"/> has no more to say, which is then passed on by ending that direction of <paramref name="to"/>.</summary>
    public static async Task CopyAsync(Socket from, Socket to, CancellationToken cancellationToken)
    {
        while (true)
        {
            // An idle connection (a browser keeps several) holds no buffer: a read of nothing waits for the first byte.
            await from.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellationToken);
            var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
            try
            {
                var count = await from.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
                if (count == 0)
                {
                    to.Shutdown(SocketShutdown.Send);
                    return;
                }

                for (var sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), SocketFlags.None, cancellationToken);
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }
}
