using Microsoft.Extensions.Options;
using RagPlatform.ServiceDefaults.Health;
using StackExchange.Redis;

namespace Rag.Api.Cache;

/// <summary>Whether Redis answers. It is connected to at the first look and reconnects by itself; without it the service is only degraded.</summary>
internal sealed class CacheHealth(IConfiguration configuration, IOptions<CacheOptions> options) : IAsyncDisposable
{
    // For everything together: shorter than the readiness check's own limit, so that what is said is ours.
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(1.2);

    private static readonly DependencyHealth Away =
        DependencyHealth.Degraded("Redis does not answer. Everything works without it; it is tried again by itself.");

    private static readonly DependencyHealth Unreadable =
        DependencyHealth.Degraded("ConnectionStrings:cache is not a Redis address such as 'host:6379,password=...'. Everything works without Redis; correct it and restart.");

    private readonly Lock _gate = new();
    private Task<ConnectionMultiplexer>? _connecting;

    public async Task<DependencyHealth> CheckAsync(CancellationToken cancellationToken)
    {
        if (configuration.GetConnectionString("cache") is not { Length: > 0 } connectionString)
        {
            return DependencyHealth.Well;
        }

        using var budget = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        budget.CancelAfter(Budget);
        try
        {
            var connection = await Connecting(connectionString).WaitAsync(budget.Token);
            await connection.GetDatabase().PingAsync().WaitAsync(budget.Token);
            return DependencyHealth.Well;
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            return Unreadable;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever it is (no answer in time, a name that is not known, a password file that is not there): nothing depends on Redis.
            return Away;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connecting is not { } connecting)
        {
            return;
        }

        try
        {
            using var connection = await connecting.WaitAsync(Budget);
            await connection.CloseAsync(allowCommandsToComplete: false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // There never was a connection, or it is none any more.
        }
    }

    /// <summary>One attempt at a time, which goes on when a check does not wait for its end.</summary>
    private Task<ConnectionMultiplexer> Connecting(string connectionString)
    {
        lock (_gate)
        {
            if (_connecting is null or { IsFaulted: true } or { IsCanceled: true })
            {
                // Not on the caller's thread: names are resolved synchronously.
                _connecting = Task.Run(() => ConnectAsync(connectionString));
            }

            return _connecting;
        }
    }

    private async Task<ConnectionMultiplexer> ConnectAsync(string connectionString)
    {
        var settings = ConfigurationOptions.Parse(connectionString);
        settings.AbortOnConnectFail = false;
        settings.ConnectTimeout = 1000;
        if (options.Value.PasswordFile is { Length: > 0 } file)
        {
            settings.Password = (await File.ReadAllTextAsync(file)).Trim();
        }

        return await ConnectionMultiplexer.ConnectAsync(settings);
    }
}
