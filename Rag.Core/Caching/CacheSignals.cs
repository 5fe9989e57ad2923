using Rag.Core.Storage;

namespace Rag.Core.Caching;

/// <summary>
/// Signals by Redis' publish and subscribe, on one channel. A message is the storage channel's name, a space and the payload; what does not
/// look so, or is longer than an id can be, was not sent by us and is not heard.
/// </summary>
internal sealed class CacheSignals(CacheConnection cache) : ISignalTransport
{
    /// <summary>Redis' channel.</summary>
    internal const string Channel = "rag:signals";

    private const int LongestMessage = 200;

    public bool IsEnabled => cache.IsConfigured;

    public bool IsListening => cache.IsListening(Channel);

    public void Listen(Action<string?, string> onSignal) => cache.Listen(Channel, message =>
    {
        if (message is null)
        {
            onSignal(null, "");
        }
        else if (message.Length <= LongestMessage && message.IndexOf(' ', StringComparison.Ordinal) is > 0 and var end)
        {
            onSignal(message[..end], message[(end + 1)..]);
        }
    });

    public async Task<bool> PublishAsync(IReadOnlyCollection<(string Channel, string Payload)> signals, CancellationToken cancellationToken) =>
        (await cache.AskAsync(
            database => Task.WhenAll(signals.Select(signal => database.PublishAsync(Channel, $"{signal.Channel} {signal.Payload}"))), cancellationToken)).Answered;
}
