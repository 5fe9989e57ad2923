using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Rag.Core.Storage;

/// <summary>
/// Wakes whoever waits for changes, in this process and in others: one LISTEN connection per process, and NOTIFY outside of the
/// transactions that changed something. PostgreSQL lets transactions that notify commit only one after the other, which would end
/// group commit; a notification lost with its process costs the listeners no more than their next poll. Where there is a faster way,
/// signals go by it first: it waits neither for a connection of a busy pool nor for other commits. NOTIFY still goes out, for whoever
/// does not hear the other.
/// </summary>
public sealed partial class StorageSignals(
    NpgsqlDataSource source, StorageReadiness readiness, ILogger<StorageSignals> logger, ISignalTransport? transport = null) : BackgroundService
{
    private const int MostAtOnce = 500;

    // At the end of a notification's payload: the same was published by the faster way, and whoever hears that need not wake twice.
    private const char AlsoPublished = '+';

    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(10);

    private readonly ISignalTransport? _transport = transport is { IsEnabled: true } ? transport : null;

    private readonly ConcurrentDictionary<Subscription, byte> _subscriptions = new();
    private readonly Channel<(string Name, string Payload)> _toPublish = CreateQueue();
    private readonly Channel<(string Name, string Payload)> _outgoing = CreateQueue();

    /// <summary>Tells every process that the channel has news. Never waits, never fails.</summary>
    public void Signal(string channel, string payload)
    {
        // Removals have no poll that would soon make up for one that was lost.
        var queue = _transport is null || channel == StorageChannels.Removals ? _outgoing : _toPublish;
        queue.Writer.TryWrite((channel, payload));
    }

    /// <summary>
    /// Calls <paramref name="onSignal"/> with the payload until disposed; with an empty payload after the connection was lost, when
    /// anything may have been missed. The callback must be quick and must not throw.
    /// </summary>
    public IDisposable Subscribe(string channel, Action<string> onSignal)
    {
        var subscription = new Subscription(this, channel, onSignal);
        _subscriptions[subscription] = 0;
        return subscription;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await readiness.WaitAsync(stoppingToken);
        _transport?.Listen(Dispatch);
        await Task.WhenAll(ListenAsync(stoppingToken), NotifyAsync(stoppingToken), PublishAsync(stoppingToken));
    }

    private static Channel<(string Name, string Payload)> CreateQueue() => Channel.CreateBounded<(string, string)>(
        new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        var wait = TimeSpan.FromMilliseconds(250);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync(cancellationToken);
                connection.Notification += (_, e) => Notified(e.Channel, e.Payload);
                await connection.Sql(string.Join("; ", StorageChannels.All.Select(static channel => $"listen {channel}"))).RunAsync(cancellationToken);
                Dispatch(null, "");
                wait = TimeSpan.FromMilliseconds(250);
                while (true)
                {
                    await connection.WaitAsync(cancellationToken);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Npgsql says InvalidOperationException when the connection broke between two calls. Whatever it is, the poll serves
                // until there is a new connection, and a process must not end for want of notifications.
                LogListenLost(logger, e.Message);
                await Task.Delay(wait, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                wait = wait * 2 < MaxWait ? wait * 2 : MaxWait;
            }
        }
    }

    private async Task NotifyAsync(CancellationToken cancellationToken)
    {
        try
        {
            var batch = new HashSet<(string Name, string Payload)>();
            while (await _outgoing.Reader.WaitToReadAsync(cancellationToken))
            {
                while (batch.Count < MostAtOnce && _outgoing.Reader.TryRead(out var signal))
                {
                    batch.Add(signal);
                }

                try
                {
                    await using var connection = await source.OpenConnectionAsync(cancellationToken);
                    await connection.Sql(
                            "select pg_notify(c, p) from unnest($1::text[], $2::text[]) as t(c, p)",
                            batch.Select(signal => signal.Name).ToArray(),
                            batch.Select(signal => signal.Payload).ToArray())
                        .RunAsync(cancellationToken);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // The poll serves the listeners; what was to be said now is old when the database is back. Whatever it is, a process
                    // must not end for want of notifications.
                    LogNotifyFailed(logger, e.Message);
                }

                batch.Clear();
                // Under load one statement speaks for many commits.
                await Task.Delay(TimeSpan.FromMilliseconds(5), cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The process ends.
        }
    }

    private async Task PublishAsync(CancellationToken cancellationToken)
    {
        if (_transport is null)
        {
            return;
        }

        try
        {
            var batch = new HashSet<(string Name, string Payload)>();
            while (await _toPublish.Reader.WaitToReadAsync(cancellationToken))
            {
                while (batch.Count < MostAtOnce && _toPublish.Reader.TryRead(out var signal))
                {
                    batch.Add(signal);
                }

                var published = await _transport.PublishAsync(batch, cancellationToken);
                foreach (var (name, payload) in batch)
                {
                    _outgoing.Writer.TryWrite((name, published ? payload + AlsoPublished : payload));
                }

                batch.Clear();
            }
        }
        catch (OperationCanceledException)
        {
            // The process ends.
        }
    }

    private void Notified(string channel, string payload)
    {
        if (!payload.EndsWith(AlsoPublished))
        {
            Dispatch(channel, payload);
        }
        else if (_transport is not { IsListening: true })
        {
            Dispatch(channel, payload[..^1]);
        }
    }

    private void Dispatch(string? channel, string payload)
    {
        foreach (var subscription in _subscriptions.Keys)
        {
            if (channel is null || subscription.Channel == channel)
            {
                subscription.OnSignal(payload);
            }
        }
    }

    [LoggerMessage(2001, LogLevel.Warning, "Notifications from the database are interrupted, polling goes on: {Reason}")]
    private static partial void LogListenLost(ILogger logger, string reason);

    [LoggerMessage(2002, LogLevel.Debug, "Others could not be notified and find out by polling: {Reason}")]
    private static partial void LogNotifyFailed(ILogger logger, string reason);

    private sealed class Subscription(StorageSignals owner, string channel, Action<string> onSignal) : IDisposable
    {
        public string Channel { get; } = channel;

        public Action<string> OnSignal { get; } = onSignal;

        public void Dispose() => owner._subscriptions.TryRemove(this, out _);
    }
}
