namespace Rag.Ingest;

/// <summary>
/// Who works beside whom in this process: any number together, or one alone. Whoever wants to be alone waits for those at work to finish
/// and keeps others from beginning meanwhile. Thread-safe.
/// </summary>
internal sealed class Company
{
    private readonly Lock _lock = new();
    private int _present;
    private TaskCompletionSource? _aloneEnds;
    private TaskCompletionSource? _othersLeave;

    /// <summary>A place among the others; waits while somebody is alone or about to be.</summary>
    public async Task<Place> JoinAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task wait;
            lock (_lock)
            {
                if (_aloneEnds is null)
                {
                    _present++;
                    return new Place(this);
                }

                wait = _aloneEnds.Task;
            }

            await wait.WaitAsync(cancellationToken);
        }
    }

    private async Task<bool> TryBeAloneAsync(CancellationToken cancellationToken)
    {
        Task others;
        lock (_lock)
        {
            if (_aloneEnds is not null)
            {
                return false;
            }

            _aloneEnds = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _othersLeave = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_present == 1)
            {
                _othersLeave.SetResult();
            }

            others = _othersLeave.Task;
        }

        try
        {
            await others.WaitAsync(cancellationToken);
            return true;
        }
        catch (OperationCanceledException)
        {
            EndAlone();
            throw;
        }
    }

    private void Leave(bool wasAlone)
    {
        lock (_lock)
        {
            _present--;
            if (_present == 1)
            {
                _othersLeave?.TrySetResult();
            }
        }

        if (wasAlone)
        {
            EndAlone();
        }
    }

    private void EndAlone()
    {
        TaskCompletionSource? ended;
        lock (_lock)
        {
            ended = _aloneEnds;
            _aloneEnds = null;
            _othersLeave = null;
        }

        ended?.SetResult();
    }

    /// <summary>One that is at work; disposing it ends that.</summary>
    internal sealed class Place(Company company) : IDisposable
    {
        private bool _isAlone;
        private bool _isDisposed;

        /// <summary>Waits until nobody else is at work. False: somebody else is alone or about to be, which would be to wait for each other.</summary>
        public async Task<bool> TryBeAloneAsync(CancellationToken cancellationToken) => _isAlone = await company.TryBeAloneAsync(cancellationToken);

        public void Dispose()
        {
            if (!_isDisposed)
            {
                _isDisposed = true;
                company.Leave(_isAlone);
            }
        }
    }
}
