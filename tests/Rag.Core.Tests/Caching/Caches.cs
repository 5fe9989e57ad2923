using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rag.Core.Caching;
using Rag.Testing;

namespace Rag.Core.Tests.Caching;

/// <summary>Connections as the services have them, each as if it were a process of its own.</summary>
internal static class Caches
{
    /// <summary>Started and connected, with a time-out that a busy machine does not reach.</summary>
    public static async Task<CacheConnection> ConnectAsync(string connectionString, ILogger<CacheConnection>? logger = null, TimeSpan? timeout = null)
    {
        var cache = Create(connectionString, new CacheOptions { Timeout = timeout ?? TimeSpan.FromSeconds(10) }, logger);
        await cache.StartAsync(CancellationToken.None);
        await Eventually.TrueAsync(async () => await cache.CheckAsync(CancellationToken.None) is null, "Redis answers");
        return cache;
    }

    public static CacheConnection Create(string connectionString, CacheOptions options, ILogger<CacheConnection>? logger = null) =>
        new(connectionString, Options.Create(options), TimeProvider.System, logger ?? new LinesLogger());

    /// <summary>Keeps what is logged.</summary>
    public sealed class LinesLogger : ILogger<CacheConnection>
    {
        private readonly List<(LogLevel Level, string Line)> _lines = [];

        public IReadOnlyList<(LogLevel Level, string Line)> Lines
        {
            get
            {
                lock (_lines)
                {
                    return [.. _lines];
                }
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lines)
            {
                _lines.Add((logLevel, formatter(state, exception)));
            }
        }
    }
}
