using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rag.Core.Storage;
using StackExchange.Redis;

namespace Rag.Core.Caching;

/// <summary>
/// The one connection of a process to Redis. It never throws for want of Redis: every answer says whether there is one, and whoever asks
/// has a way without. Connects at the host's start and reconnects by itself; an outage is logged once, at its beginning and at its end.
/// Thread-safe.
/// </summary>
public sealed partial class CacheConnection : BackgroundService, IAsyncDisposable
{
    private const string Away = "Redis does not answer. Everything works without it; it is tried again by itself.";
    private const string Unreadable =
        "ConnectionStrings:cache is not a Redis address such as 'host:6379,password=...'. Everything works without Redis; correct it and restart.";

    // Shorter than the readiness check's own limit, so that what is said is ours.
    private static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(1.2);
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan RefusalIsNews = TimeSpan.FromMinutes(1);

    private readonly string _connectionString;
    private readonly IOptions<CacheOptions> _options;
    private readonly TimeProvider _time;
    private readonly ILogger<CacheConnection> _logger;
    private readonly CacheOutage _outage;
    private readonly Pulse _wake = new();
    private readonly Lock _gate = new();
    private readonly List<Listener> _listeners = [];
    private volatile ConnectionMultiplexer? _connection;
    private volatile bool _isUnreadable;
    private volatile Refusal? _refusal;
    private string? _password;
    private long _lastConnected;

    /// <param name="connectionString"><c>host:port,password=...</c>; empty: there is no Redis.</param>
    /// <param name="options">Section <c>Rag:Cache</c>.</param>
    /// <param name="time">For pauses.</param>
    /// <param name="logger">For outages.</param>
    public CacheConnection(string? connectionString, IOptions<CacheOptions> options, TimeProvider time, ILogger<CacheConnection> logger)
    {
        _connectionString = connectionString ?? "";
        _options = options;
        _time = time;
        _logger = logger;
        _outage = new CacheOutage(time);
    }

    /// <summary>Whether a Redis is named at all.</summary>
    public bool IsConfigured => _connectionString.Length > 0;

    /// <summary>Runs a command, or a few that go out together, within <c>Rag:Cache:Timeout</c>.</summary>
    /// <exception cref="OperationCanceledException">The caller's own cancellation; nothing else is thrown.</exception>
    public async Task<CacheReply<T>> AskAsync<T>(Func<IDatabase, Task<T>> command, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(command);
        if (_connection is not { } connection || (connection.IsConnected && !TakesWrites(connection)) || !_outage.MayTry(out var epoch))
        {
            return default;
        }

        try
        {
            var value = await command(connection.GetDatabase()).WaitAsync(_options.Value.Timeout, cancellationToken);
            NoteAnswer(epoch);
            return new CacheReply<T>(true, value);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever it is: nothing depends on Redis.
            NoteFailure(e, epoch);
            return default;
        }
    }

    /// <summary>Asks Redis now. Null when it is well or not configured, else what is the matter, in words.</summary>
    public async Task<string?> CheckAsync(CancellationToken cancellationToken)
    {
        if (!IsConfigured)
        {
            return null;
        }

        if (_isUnreadable)
        {
            return Unreadable;
        }

        if (_connection is not { } connection)
        {
            return Away;
        }

        var epoch = _outage.Try();
        try
        {
            // Of one that takes writes: a replica answers as well, and is of no use here.
            await connection.GetDatabase().PingAsync(CommandFlags.DemandMaster).WaitAsync(CheckTimeout, cancellationToken);
            NoteAnswer(epoch);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            NoteFailure(e, epoch);
            return Away;
        }

        return _refusal is { } refusal && _time.GetElapsedTime(refusal.At) < RefusalIsNews
            ? $"Redis refuses commands ({refusal.Code}). Everything works without it; look at its memory limit, its rights and its role."
            : null;
    }

    /// <summary>
    /// Hears a channel from now on, across reconnections. <paramref name="onMessage"/> gets null when something may have been missed; it
    /// must be quick and must not throw.
    /// </summary>
    internal void Listen(string channel, Action<string?> onMessage)
    {
        lock (_gate)
        {
            _listeners.Add(new Listener(channel, onMessage));
        }

        _wake.Set();
    }

    /// <summary>Whether what is published on the channel arrives here at the moment, as far as can be told.</summary>
    internal bool IsListening(string channel)
    {
        lock (_gate)
        {
            return _connection is { } connection && _listeners.Exists(listener => listener.Channel == channel && listener.On == connection)
                && connection.GetSubscriber().IsConnected(channel);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!IsConfigured)
        {
            return;
        }

        while (!stoppingToken.IsCancellationRequested && !_isUnreadable)
        {
            try
            {
                await ConnectAsync();
                await SubscribeAsync(stoppingToken);
                if (_outage.IsOn)
                {
                    // Where nobody asks, its return is noticed too.
                    await CheckAsync(stoppingToken);
                }

                await _wake.WaitAsync(Round, stoppingToken);
            }
            catch (Exception e) when (e is FormatException or ArgumentException)
            {
                _isUnreadable = true;
                LogUnreadable(_logger);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // A name that is not known, a password file that is not there: the next round may do better.
                NoteFailure(e, _outage.Try());
                await Task.Delay(Round, _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                // The process ends.
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Dispose();
        await CloseAsync(Interlocked.Exchange(ref _connection, null));
    }

    /// <summary>Whether there is a server that is no replica.</summary>
    private static bool TakesWrites(ConnectionMultiplexer connection) =>
        connection.IsConnected && connection.GetEndPoints().Any(endPoint => connection.GetServer(endPoint) is { IsConnected: true, IsSlave: false });

    private static async Task CloseAsync(ConnectionMultiplexer? connection)
    {
        if (connection is null)
        {
            return;
        }

        try
        {
            using (connection)
            {
                await connection.CloseAsync(allowCommandsToComplete: false).WaitAsync(CheckTimeout);
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // It is none any more.
        }
    }

    private async Task ConnectAsync()
    {
        // One that became a replica answers, and would be kept for ever: the address may lead to its successor by now.
        if (_connection is { } current && TakesWrites(current))
        {
            _lastConnected = _time.GetTimestamp();
            return;
        }

        if (_connection is { IsConnected: true } && _outage.Failed(_outage.Try()))
        {
            LogAway(_logger, "it takes no writes any more");
        }

        var password = _options.Value.PasswordFile is { Length: > 0 } file ? (await File.ReadAllTextAsync(file)).TrimEnd('\r', '\n') : null;
        if (_connection is not null && password == _password && _time.GetElapsedTime(_lastConnected) < Patience)
        {
            // The client reconnects by itself, though with the password that it was given and to the address that it found first.
            return;
        }

        var settings = ConfigurationOptions.Parse(_connectionString);
        settings.AbortOnConnectFail = false;
        // Generous, because a process that starts is busy with itself; and apart from the pause between attempts, which it would be as well.
        settings.ConnectTimeout = 3000;
        settings.ReconnectRetryPolicy = new LinearRetry(1000);
        settings.KeepAlive = 10;
        // How often it looks whether the server still takes writes.
        settings.ConfigCheckSeconds = 5;
        settings.Password = password ?? settings.Password;
        // What CLIENT LIST shows to whoever looks after the server.
        settings.ClientName ??= "rag-cache";
        // Features of the client that nothing here uses; they would cost keys and a channel.
        settings.TieBreaker = "";
        settings.ConfigurationChannel = "";
        // Not on this thread: names are resolved synchronously.
        var connection = await Task.Run(() => ConnectionMultiplexer.ConnectAsync(settings));
        connection.PreserveAsyncOrder = false;
        connection.ConnectionFailed += (_, e) => NoteLoss(connection, e);
        connection.ConnectionRestored += (_, e) => NoteRestored(e);
        _password = password;
        _lastConnected = _time.GetTimestamp();
        _refusal = null;
        await CloseAsync(Interlocked.Exchange(ref _connection, connection));
        if (TakesWrites(connection))
        {
            NoteAnswer(_outage.Try());
        }
        else if (_outage.Failed(_outage.Try()))
        {
            LogAway(_logger, "no connection");
        }
    }

    private async Task SubscribeAsync(CancellationToken cancellationToken)
    {
        if (_connection is not { IsConnected: true } connection)
        {
            return;
        }

        Listener[] waiting;
        lock (_gate)
        {
            waiting = [.. _listeners.Where(listener => listener.On != connection)];
        }

        foreach (var listener in waiting)
        {
            await connection.GetSubscriber()
                .SubscribeAsync(listener.Channel, (_, message) => listener.OnMessage(message))
                .WaitAsync(CheckTimeout, cancellationToken);
            lock (_gate)
            {
                listener.On = connection;
            }

            listener.OnMessage(null);
        }
    }

    private sealed record Refusal(string Code, long At);

    private sealed class Listener(string channel, Action<string?> onMessage)
    {
        public string Channel { get; } = channel;

        public Action<string?> OnMessage { get; } = onMessage;

        /// <summary>The connection that it was subscribed on.</summary>
        public ConnectionMultiplexer? On { get; set; }
    }
}
