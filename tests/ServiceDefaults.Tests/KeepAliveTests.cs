using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using RagPlatform.ServiceDefaults.Health;

namespace ServiceDefaults.Tests;

/// <summary>What a process that leaves says to the connections that it has.</summary>
public sealed class KeepAliveTests
{
    [Fact]
    public async Task A_process_that_drains_answers_and_ends_the_connection()
    {
        await using var service = await StartAsync();
        using var client = await ConnectAsync(service);

        var before = await AskAsync(client, "/hello");
        Assert.DoesNotContain("\r\nConnection:", before, StringComparison.OrdinalIgnoreCase);
        service.Services.GetRequiredService<Draining>().Start();
        var during = await AskAsync(client, "/hello");

        Assert.StartsWith("HTTP/1.1 200 ", during, StringComparison.Ordinal);
        Assert.Contains("\r\nConnection: close\r\n", during, StringComparison.Ordinal);
        Assert.DoesNotContain("\r\nKeep-Alive:", during, StringComparison.Ordinal);
        Assert.Equal(0, await client.GetStream().ReadAsync(new byte[1]));
    }

    [Fact]
    public async Task Errors_and_health_say_so_too()
    {
        await using var service = await StartAsync();
        service.Services.GetRequiredService<Draining>().Start();

        foreach (var path in (string[])["/broken", "/nowhere", "/health/ready"])
        {
            using var client = await ConnectAsync(service);
            Assert.Contains("\r\nConnection: close\r\n", await AskAsync(client, path), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("Production", null, "4")]
    [InlineData("Production", "00:00:30", "29")]
    [InlineData("Production", "00:00:01", null)]
    [InlineData("Development", null, null)]
    public async Task An_idle_connection_may_be_used_again_for_less_than_the_delay(string environment, string? delay, string? seconds)
    {
        await using var service = await StartAsync(environment, delay is null ? [] : [("Rag:Shutdown:Delay", delay)]);
        using var client = await ConnectAsync(service);

        var answer = await AskAsync(client, "/hello");

        if (seconds is null)
        {
            Assert.DoesNotContain("\r\nKeep-Alive:", answer, StringComparison.Ordinal);
        }
        else
        {
            Assert.Contains($"\r\nKeep-Alive: timeout={seconds}\r\n", answer, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_connection_that_its_client_ends_is_not_promised_again()
    {
        await using var service = await StartAsync();
        using var client = await ConnectAsync(service);

        var answer = await AskAsync(client, "/hello", "Connection: close\r\n");

        Assert.Contains("\r\nConnection: close\r\n", answer, StringComparison.Ordinal);
        Assert.Equal(0, await client.GetStream().ReadAsync(new byte[1]));
    }

    private static Task<TestService> StartAsync(string environment = "Production", params (string Key, string Value)[] settings) => TestService.StartAsync(
        map: static app =>
        {
            app.MapGet("/hello", static () => Results.Text("hello"));
            app.MapGet("/broken", static string () => throw new InvalidOperationException("On purpose."));
        },
        environment: environment,
        settings: settings);

    private static async Task<TcpClient> ConnectAsync(TestService service)
    {
        var client = new TcpClient();
        await client.ConnectAsync(service.Http.BaseAddress!.Host, service.Http.BaseAddress.Port);
        return client;
    }

    /// <summary>One request on the connection, by hand: the header block of its answer. The body is read, too.</summary>
    private static async Task<string> AskAsync(TcpClient client, string path, string headers = "")
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: test\r\n{headers}\r\n"), limit.Token);
        var text = new StringBuilder();
        var one = new byte[1];
        while (!IsWhole(text.ToString()))
        {
            Assert.Equal(1, await stream.ReadAsync(one, limit.Token));
            text.Append((char)one[0]);
        }

        return text.ToString();
    }

    private static bool IsWhole(string answer)
    {
        var end = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return false;
        }

        var length = answer.Split("\r\n").FirstOrDefault(static line => line.StartsWith("Content-Length: ", StringComparison.Ordinal));
        return length is null
            ? answer.EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal)
            : answer.Length == end + 4 + int.Parse(length["Content-Length: ".Length..], System.Globalization.CultureInfo.InvariantCulture);
    }
}
