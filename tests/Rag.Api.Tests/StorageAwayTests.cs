using System.Net;
using System.Net.Sockets;
using Npgsql;
using Rag.Api.Tests.Support;
using Rag.Testing;

namespace Rag.Api.Tests;

[Collection(Postgres.Name)]
public sealed class StorageAwayTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Without_PostgreSQL_the_service_starts_says_so_and_goes_on_when_it_comes()
    {
        var database = new NpgsqlConnectionStringBuilder(await postgres.CreateDatabaseAsync());
        var port = UnusedPort();
        await using var api = ApiHost.Start(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Port = port, Host = "127.0.0.1" }.ConnectionString);

        Assert.Equal(HttpStatusCode.OK, (await api.Http.GetAsync("/health/live")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await api.Http.GetAsync("/health/startup")).StatusCode);
        var health = await api.Client(null).GetHealthAsync();
        Assert.Equal("unavailable", health.Status);
        Assert.NotEmpty(health.Checks.Single(static check => check.Name == "storage").Detail!);
        using (var refused = await api.SendAsync(HttpMethod.Get, "/v1/collections"))
        {
            await Json.ProblemAsync(refused, HttpStatusCode.ServiceUnavailable, "storage-away");
            Assert.NotNull(refused.Headers.RetryAfter);
        }

        await using var relay = new Relay(port, database.Port);
        await api.WaitReadyAsync();
        Assert.Empty((await api.Client().ListCollectionsAsync()).Items);
    }

    [Fact]
    public Task Without_Redis_it_is_ready_but_degraded() => IsDegradedAsync($"127.0.0.1:{UnusedPort()}");

    [Fact]
    public async Task With_a_Redis_that_takes_connections_and_says_nothing_it_is_ready_but_degraded()
    {
        // Connections wait in its queue and are never answered.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await IsDegradedAsync($"127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}");
    }

    [Theory]
    [InlineData("127.0.0.1:6379,password")]
    [InlineData("no-such-host.invalid:6379")]
    public Task With_an_address_that_leads_nowhere_it_is_ready_but_degraded(string address) => IsDegradedAsync(address);

    private async Task IsDegradedAsync(string cache)
    {
        await using var api = await ApiHost.StartReadyAsync(
            await postgres.CreateDatabaseAsync(), new Dictionary<string, string> { ["ConnectionStrings:cache"] = cache });

        using var response = await api.Http.GetAsync("/health/ready");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var health = await api.Client(null).GetHealthAsync();
        Assert.Equal("degraded", health.Status);
        Assert.Equal("degraded", health.Checks.Single(static check => check.Name == "cache").Status);
    }

    private static int UnusedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Makes a port that nobody listened on lead to PostgreSQL.</summary>
    private sealed class Relay : IAsyncDisposable
    {
        private readonly TcpListener _listener;
        private readonly int _target;
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _accepting;

        public Relay(int port, int target)
        {
            _target = target;
            _listener = new TcpListener(IPAddress.Loopback, port);
            _listener.Start();
            _accepting = AcceptAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            _listener.Stop();
            await _accepting;
            _stop.Dispose();
        }

        private async Task AcceptAsync()
        {
            var relays = new List<Task>();
            try
            {
                while (true)
                {
                    relays.Add(RelayAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
                }
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                await Task.WhenAll(relays);
            }
        }

        private async Task RelayAsync(TcpClient from)
        {
            using (from)
            using (var to = new TcpClient())
            {
                try
                {
                    await to.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
                    await Task.WhenAny(
                        from.GetStream().CopyToAsync(to.GetStream(), _stop.Token), to.GetStream().CopyToAsync(from.GetStream(), _stop.Token));
                }
                catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
                {
                    // Either side is gone.
                }
            }
        }
    }
}
