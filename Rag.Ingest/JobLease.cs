using System.Diagnostics;
using Rag.Core;
using Rag.Core.Jobs;

namespace Rag.Ingest;

/// <summary>
/// Keeps one job ours while work goes on, apart from the work itself, and shows its progress now and then. When the lease is lost,
/// <see cref="Token"/> is cancelled: whatever would still be written, nobody would activate.
/// </summary>
internal sealed class JobLease : IAsyncDisposable
{
    // Most documents are done before anybody could look: those cost no progress event.
    private static readonly TimeSpan QuietTime = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(1);

    private readonly JobQueue _queue;
    private readonly ClaimedJob _job;
    private readonly TimeSpan _length;
    private readonly CancellationTokenSource _work;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _keeping;
    private volatile bool _isCompleting;
    private volatile Step _step = new("extract", 0);

    public JobLease(JobQueue queue, ClaimedJob job, TimeSpan length, CancellationToken workToken)
    {
        _queue = queue;
        _job = job;
        _length = length;
        _work = CancellationTokenSource.CreateLinkedTokenSource(workToken);
        _keeping = KeepAsync(_end.Token);
    }

    /// <summary>For the work.</summary>
    public CancellationToken Token => _work.Token;

    /// <summary>Whether the job belongs to somebody else, or nobody, by now.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Where the work stands.</summary>
    public string Stage => _step.Stage;

    /// <summary>Where the work stands; shown with the next report.</summary>
    public void Show(string stage, int progress) => _step = new Step(stage, progress);

    /// <summary>
    /// From here on the job's own row decides: completing it locks that row and looks whether the job is still ours. A renewal would only
    /// wait behind that lock, run out of time, and take a commit that waits for a slow disk for a lost lease.
    /// </summary>
    public void BeginCompletion() => _isCompleting = true;

    /// <summary>Ends the keeping; the job stays as it is.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _keeping;
        _end.Dispose();
        _work.Dispose();
    }

    private async Task KeepAsync(CancellationToken cancellationToken)
    {
        var renewed = Stopwatch.StartNew();
        Step? shown = null;
        var wait = QuietTime;
        while (true)
        {
            await Task.Delay(wait, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellationToken.IsCancellationRequested || _isCompleting)
            {
                return;
            }

            wait = ReportInterval < _length / 6 ? ReportInterval : _length / 6;
            var step = _step;
            try
            {
                bool isOurs;
                if (step != shown)
                {
                    isOurs = await _queue.ReportAsync(_job, step.Stage, step.Progress, cancellationToken);
                    shown = step;
                }
                else if (renewed.Elapsed >= _length / 3)
                {
                    isOurs = await _queue.RenewAsync(_job, cancellationToken);
                }
                else
                {
                    continue;
                }

                if (!isOurs)
                {
                    await LoseAsync();
                    return;
                }

                renewed.Restart();
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not RagException)
            {
                // Whatever it is, nobody renews the lease from here on: the work must end before somebody else begins it.
                await LoseAsync();
                return;
            }
            catch (RagException)
            {
                // The database is away. The lease lasts as long as it lasts, and the clock that counts is the database's: giving up
                // a little early costs a repetition, never a wrong result.
                if (renewed.Elapsed >= _length)
                {
                    await LoseAsync();
                    return;
                }
            }
        }
    }

    private async Task LoseAsync()
    {
        if (_isCompleting)
        {
            // A renewal that was under way when completion began.
            return;
        }

        IsLost = true;
        await _work.CancelAsync();
    }

    private sealed record Step(string Stage, int Progress);
}
