using Microsoft.Extensions.Options;
using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Limits;

/// <summary>Counts the open event streams of each key: every one asks the database every second, for as long as it is open.</summary>
internal sealed class EventStreamLimit(IOptions<LimitOptions> options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, int> _open = [];

    /// <summary>A place for one stream, until disposed.</summary>
    /// <exception cref="ProblemException"><c>rate-limited</c>.</exception>
    public IDisposable Open(Guid keyId)
    {
        var most = options.Value.EventStreamsPerKey;
        lock (_gate)
        {
            var open = _open.GetValueOrDefault(keyId);
            if (open >= most)
            {
                throw new ProblemException(
                    "rate-limited", $"This key has {most} event streams open already. Close one, or let several readers share a stream; Rag:Limits:EventStreamsPerKey sets how many there may be.")
                {
                    RetryAfter = TimeSpan.FromSeconds(10),
                };
            }

            _open[keyId] = open + 1;
        }

        return new Place(this, keyId);
    }

    private void Close(Guid keyId)
    {
        lock (_gate)
        {
            if (--_open[keyId] == 0)
            {
                _open.Remove(keyId);
            }
        }
    }

    private sealed class Place(EventStreamLimit limit, Guid keyId) : IDisposable
    {
        private bool _closed;

        public void Dispose()
        {
            if (!_closed)
            {
                _closed = true;
                limit.Close(keyId);
            }
        }
    }
}
