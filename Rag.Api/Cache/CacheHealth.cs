using Microsoft.Extensions.Options;
using RagPlatform.ServiceDefaults.Health;
using StackExchange.Redis;

namespace Rag.Api.Cache;

/// <summary>Whether Redis answers. It is connected to at the first look and reconnects by itself; without it the service is only degraded.</summary>
internal sealed class CacheHealth(IConfiguration configuration, IOptions<CacheOptions> options) : IAsyncDisposable
{
    private static readonly DependencyHealth Away =
        DependencyHealth.Degraded("Redis does not answer. Everything works without it; it is tried again by itself.");

    private readonly SemaphoreSlim _turn = new(1, 1);
    private ConnectionMultiplexer? _connection;

    public async Task<DependencyHealth> CheckAsync(CancellationToken cancellationToken)
    {
        if (configuration.GetConnectionString("cache") is not { Length: > 0 } connectionString)
        {
            return DependencyHealth.Well;
        }

        try
        {
            var connection = await ConnectAsync(connectionString, cancellationToken);
            await connection.GetDatabase().PingAsync().WaitAsync(TimeSpan.FromSeconds(1), cancellationToken);
            return DependencyHealth.Well;
        }
        catch (Exception e) when (e is RedisException or TimeoutException or IOException or UnauthorizedAccessException)
        {
            return Away;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.CloseAsync();
            _connection.Dispose();
        }

        _turn.Dispose();
    }

    private async Task<ConnectionMultiplexer> ConnectAsync(string connectionString, CancellationToken cancellationToken)
    {
        if (_connection is { } existing)
        {
            return existing;
        }

        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_connection is null)
            {
                var settings = ConfigurationOptions.Parse(connectionString);
                settings.AbortOnConnectFail = false;
                settings.ConnectTimeout = 1000;
                if (options.Value.PasswordFile is { Length: > 0 } file)
                {
                    settings.Password = (await File.ReadAllTextAsync(file, cancellationToken)).Trim();
                }

                _connection = await ConnectionMultiplexer.ConnectAsync(settings);
            }

            return _connection;
        }
        finally
        {
            _turn.Release();
        }
    }
}
