using System.Diagnostics;
using Rag.Core.Extraction.ChildProcess;

namespace Rag.Fuzz;

/// <summary>The most memory that the processes below this one had together, looked at ten times a second.</summary>
internal sealed class MemoryPeak : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource _end = new();
    private readonly Task _watching;
    private long _most;

    public MemoryPeak() => _watching = WatchAsync();

    public long MiB => Interlocked.Read(ref _most) / (1024 * 1024);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _watching;
        _end.Dispose();
    }

    private async Task WatchAsync()
    {
        using var self = Process.GetCurrentProcess();
        while (!_end.IsCancellationRequested)
        {
            self.Refresh();
            _most = Math.Max(_most, ProcessTree.ResidentBytes(self) - self.WorkingSet64);
            await Task.Delay(Interval, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
