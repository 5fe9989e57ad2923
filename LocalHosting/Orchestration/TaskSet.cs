namespace Aspire.Hosting.Orchestration;

/// <summary>Tasks in flight that somebody waits for at the end. They must not fail: each handles its own errors.</summary>
internal sealed class TaskSet
{
    private readonly HashSet<Task> _tasks = [];

    public void Add(Task task)
    {
        lock (_tasks)
        {
            _tasks.Add(task);
        }

        _ = task.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    public Task WhenAllAsync()
    {
        lock (_tasks)
        {
            return Task.WhenAll(_tasks);
        }
    }

    private void Forget(Task task)
    {
        lock (_tasks)
        {
            _tasks.Remove(task);
        }
    }
}
