using System.Net.Sockets;
using System.Text;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Health;

/// <summary>Speaks just enough RESP (redis.io/docs/latest/develop/reference/protocol-spec) to sign in and ping.</summary>
internal sealed class RedisCheck(RedisResource redis) : IHealthCheck
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!redis.PrimaryEndpoint.IsAllocated)
        {
            return HealthCheckResult.Unhealthy("The endpoint has no address yet.");
        }

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Timeout);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(redis.PrimaryEndpoint.Host, redis.PrimaryEndpoint.Port, timeout.Token);
            await using var stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.ASCII);
            if (redis.PasswordParameter is { } password)
            {
                var answer = await AskAsync(stream, reader, timeout.Token, "AUTH", await password.GetValueAsync(timeout.Token) ?? string.Empty);
                if (answer != "+OK")
                {
                    return HealthCheckResult.Unhealthy($"The server refuses the password: {answer}");
                }
            }

            var pong = await AskAsync(stream, reader, timeout.Token, "PING");
            return pong == "+PONG" ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy($"The server answers {pong}");
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            return HealthCheckResult.Unhealthy(exception.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy("The server did not answer in time.");
        }
    }

    private static async Task<string> AskAsync(NetworkStream stream, StreamReader reader, CancellationToken cancellationToken, params string[] words)
    {
        var request = new StringBuilder($"*{words.Length}\r\n");
        foreach (var word in words)
        {
            request.Append($"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n");
        }

        await stream.WriteAsync(Encoding.UTF8.GetBytes(request.ToString()), cancellationToken);
        return await reader.ReadLineAsync(cancellationToken) ?? throw new IOException("The server closed the connection.");
    }
}
