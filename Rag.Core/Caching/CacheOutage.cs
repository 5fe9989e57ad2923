namespace Rag.Core.Caching;

/// <summary>
/// Whether Redis is worth asking. After a failure it is tried once per <see cref="Pause"/>, so that an outage costs one request its
/// time-out and not every one. Thread-safe.
/// </summary>
internal sealed class CacheOutage(TimeProvider time)
{
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private bool _away;
    private long _tried;
    private int _epoch;

    /// <summary>True while it does not answer.</summary>
    public bool IsOn
    {
        get
        {
            lock (_gate)
            {
                return _away;
            }
        }
    }

    /// <summary>True for everybody while it answers, and for one caller per pause while it does not.</summary>
    /// <param name="epoch">To be given back with what came of it.</param>
    public bool MayTry(out int epoch)
    {
        lock (_gate)
        {
            epoch = _epoch;
            if (!_away)
            {
                return true;
            }

            if (time.GetElapsedTime(_tried) < Pause)
            {
                return false;
            }

            _tried = time.GetTimestamp();
            return true;
        }
    }

    /// <summary>For a try that does not ask whether it may.</summary>
    public int Try()
    {
        lock (_gate)
        {
            return _epoch;
        }
    }

    /// <summary>True when this is the beginning of an outage, and not news from before the present state.</summary>
    public bool Failed(int epoch)
    {
        lock (_gate)
        {
            if (_away || epoch != _epoch)
            {
                return false;
            }

            _tried = time.GetTimestamp();
            _epoch++;
            return _away = true;
        }
    }

    /// <summary>True when this is the end of an outage, and not news from before the present state.</summary>
    public bool Answered(int epoch)
    {
        lock (_gate)
        {
            if (!_away || epoch != _epoch)
            {
                return false;
            }

            _epoch++;
            _away = false;
            return true;
        }
    }
}
