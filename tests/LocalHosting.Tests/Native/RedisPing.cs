using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace LocalHosting.Tests.Native;

/// <summary>Asks a Redis server whether it serves, in its own protocol (RESP): AUTH where there is a password, then PING.</summary>
internal static class RedisPing
{
    /// <summary>Null when it answers; else what it said instead (never the password).</summary>
    public static async Task<string?> AskAsync(string host, int port, string? password, CancellationToken cancellationToken)
    {
        try
        {
            using var client = new TcpClient { NoDelay = true };
            await client.ConnectAsync(host, port, cancellationToken);
            await using var stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.UTF8);
            if (password is { Length: > 0 })
            {
                await stream.WriteAsync(Command("AUTH", password), cancellationToken);
                if (await reader.ReadLineAsync(cancellationToken) is var answer && answer != "+OK")
                {
                    return $"AUTH was answered by '{answer}'";
                }
            }

            await stream.WriteAsync(Command("PING"), cancellationToken);
            var pong = await reader.ReadLineAsync(cancellationToken);
            return pong == "+PONG" ? null : $"PING was answered by '{pong}'";
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return e.Message;
        }
    }

    // *2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n; lengths count bytes.
    private static byte[] Command(params string[] parts)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"*{parts.Length}\r\n");
        foreach (var part in parts)
        {
            text.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(part)}\r\n{part}\r\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
