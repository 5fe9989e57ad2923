using System.Threading.Channels;

namespace Rag.Core.Storage;

/// <summary>A wake-up that remembers one call made while nobody waited; further ones merge into it. Any number may set, one may wait.</summary>
public sealed class Pulse
{
    private readonly Channel<bool> _channel = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Wakes the waiting one, now or when it comes to wait.</summary>
    public void Set() => _channel.Writer.TryWrite(true);

    /// <summary>Waits for <see cref="Set"/>, at most <paramref name="timeout"/>. Returns in both cases; throws only for the caller's cancellation.</summary>
    public async Task WaitAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            await _channel.Reader.ReadAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Time is up.
        }
    }
}
