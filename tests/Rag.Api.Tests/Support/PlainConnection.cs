using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Rag.Api.Tests.Support;

/// <summary>
/// HTTP/1.1 by hand on one connection at a time, for what <see cref="HttpClient"/> would mend in silence: a request whose connection closes
/// while it is on its way is lost here. The connection is kept as long as the answers do not end it.
/// </summary>
public sealed class PlainConnection(Uri address, string key) : IDisposable
{
    private TcpClient? _client;
    private StreamReader? _reader;

    /// <summary>Sends a GET and reads the whole answer.</summary>
    /// <returns>The status.</returns>
    /// <exception cref="IOException">The connection ended before the answer did.</exception>
    public async Task<int> GetAsync(string path, CancellationToken cancellationToken)
    {
        var (stream, reader) = await ConnectedAsync(cancellationToken);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {address.Authority}\r\nAuthorization: Bearer {key}\r\n\r\n"), cancellationToken);
        var status = int.Parse((await LineAsync(reader, cancellationToken)).Split(' ')[1], CultureInfo.InvariantCulture);
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await LineAsync(reader, cancellationToken) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        if (headers.TryGetValue("Content-Length", out var length))
        {
            await SkipAsync(reader, int.Parse(length, CultureInfo.InvariantCulture), cancellationToken);
        }
        else
        {
            int size;
            do
            {
                size = int.Parse(await LineAsync(reader, cancellationToken), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                await SkipAsync(reader, size, cancellationToken);
                await LineAsync(reader, cancellationToken);
            }
            while (size > 0);
        }

        if (headers.GetValueOrDefault("Connection") == "close")
        {
            Dispose();
        }

        return status;
    }

    public void Dispose()
    {
        _reader?.Dispose();
        _client?.Dispose();
        _client = null;
    }

    private async Task<(NetworkStream Stream, StreamReader Reader)> ConnectedAsync(CancellationToken cancellationToken)
    {
        if (_client is null)
        {
            _client = new TcpClient { NoDelay = true };
            await _client.ConnectAsync(address.Host, address.Port, cancellationToken);
            // One character for each byte, so that lengths are what the headers say.
            _reader = new StreamReader(_client.GetStream(), Encoding.Latin1, detectEncodingFromByteOrderMarks: false);
        }

        return (_client.GetStream(), _reader!);
    }

    private static async Task<string> LineAsync(StreamReader reader, CancellationToken cancellationToken) =>
        await reader.ReadLineAsync(cancellationToken) ?? throw new IOException("The connection ended before the answer did.");

    private static async Task SkipAsync(StreamReader reader, int count, CancellationToken cancellationToken)
    {
        if (count > 0 && await reader.ReadBlockAsync(new char[count], cancellationToken) < count)
        {
            throw new IOException("The connection ended before the answer did.");
        }
    }
}
