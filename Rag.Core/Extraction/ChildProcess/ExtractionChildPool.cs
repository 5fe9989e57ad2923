namespace Rag.Core.Extraction.ChildProcess;

/// <summary>
/// Warm children, one for each document in work. A child costs a fifth of a second to start and little to keep, so it serves many
/// documents in sequence; it is replaced after so many, when it has grown, and after any failure. Idle ones are ended.
/// </summary>
internal sealed class ExtractionChildPool(ExtractionOptions options, NetworkIsolation network, TimeProvider time) : IAsyncDisposable
{
    private const int DocumentsPerChild = 500;
    private static readonly TimeSpan IdleLimit = TimeSpan.FromMinutes(2);

    private readonly Lock _lock = new();
    private readonly Stack<(ExtractionChild Child, DateTimeOffset Since)> _idle = [];
    private ITimer? _trimming;
    private Task _ending = Task.CompletedTask;
    private bool _isSwept;
    private bool _isDisposed;

    /// <summary>A child for one document; hand it back with <see cref="ReturnAsync"/>, whatever came of it.</summary>
    /// <param name="isFresh">True for one that has read nothing before.</param>
    /// <param name="cancellationToken">Ends a start.</param>
    public async Task<ExtractionChild> RentAsync(bool isFresh, CancellationToken cancellationToken)
    {
        if (!isFresh)
        {
            lock (_lock)
            {
                ObjectDisposedException.ThrowIf(_isDisposed, this);
                if (!_isSwept)
                {
                    _isSwept = true;
                    ChildDirectory.RemoveForgotten(time.GetUtcNow());
                }

                if (_idle.TryPop(out var idle))
                {
                    return idle.Child;
                }
            }
        }

        return await ExtractionChild.StartAsync(options, await network.PrefixAsync().WaitAsync(cancellationToken), time, cancellationToken);
    }

    public async ValueTask ReturnAsync(ExtractionChild child)
    {
        var isGrown = child.IsUsable && child.ResidentBytes > options.MemoryMiB * 1024L * 1024 / 2;
        if (child.IsUsable && !isGrown && child.Served < DocumentsPerChild)
        {
            lock (_lock)
            {
                if (!_isDisposed)
                {
                    _idle.Push((child, time.GetUtcNow()));
                    _trimming ??= time.CreateTimer(static state => ((ExtractionChildPool)state!).Trim(), this, IdleLimit, IdleLimit);
                    return;
                }
            }
        }

        await child.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        List<ExtractionChild> children;
        Task ending;
        lock (_lock)
        {
            _isDisposed = true;
            children = [.. _idle.Select(static idle => idle.Child)];
            _idle.Clear();
            ending = _ending;
        }

        if (_trimming is not null)
        {
            await _trimming.DisposeAsync();
        }

        foreach (var child in children)
        {
            await child.DisposeAsync();
        }

        await ending;
    }

    private void Trim()
    {
        lock (_lock)
        {
            var before = time.GetUtcNow() - IdleLimit;
            var kept = _idle.Where(idle => idle.Since > before).Reverse().ToList();
            _ending = Task.WhenAll([_ending, .. _idle.Where(idle => idle.Since <= before).Select(static idle => idle.Child.DisposeAsync().AsTask())]);
            _idle.Clear();
            kept.ForEach(_idle.Push);
        }
    }
}
