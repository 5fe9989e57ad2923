using Rag.Client;
using Rag.Testing;

namespace Rag.Chaos;

/// <summary>A process of a service, and whether it was killed: only then nobody may wonder that it does not answer.</summary>
internal sealed class RunningService(ServiceProcess process, RagClient client)
{
    private volatile bool _killed;

    public ServiceProcess Process { get; } = process;

    public RagClient Client { get; } = client;

    public bool WasKilled => _killed;

    public Task KillAsync()
    {
        // Before the signal: whoever loses his connection by it looks here.
        _killed = true;
        return Process.KillAsync();
    }
}

/// <summary>One place of a service, whose process is killed and started again.</summary>
internal sealed class Replica(string name, Func<ServiceProcess> start, string key, Outcomes outcomes) : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    private volatile RunningService? _current;

    /// <summary>The process that serves, or the last one that did.</summary>
    public RunningService Current => _current ?? throw new InvalidOperationException($"{name} was not started.");

    /// <summary>Completes when the newest process lives.</summary>
    public Task Starting { get; private set; } = Task.CompletedTask;

    public void Start() => Starting = StartAsync();

    /// <summary>SIGKILL as soon as it lives; its successor is started at once.</summary>
    public async Task KillAsync()
    {
        await Starting;
        CheckAlive();
        await Current.KillAsync();
        await Current.Process.DisposeAsync();
        Start();
    }

    /// <summary>Waits until it is ready to work.</summary>
    public async Task ReadyAsync()
    {
        await Starting;
        CheckAlive();
        await Current.Process.WaitUntilOkAsync("/health/ready", StartLimit);
    }

    public async ValueTask DisposeAsync()
    {
        await Starting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_current is { } current)
        {
            await current.Process.DisposeAsync();
        }
    }

    private void CheckAlive()
    {
        if (!Current.WasKilled && Current.Process.HasExited)
        {
            outcomes.Find($"{name} ended by itself: {Current.Process.Output}");
        }
    }

    private async Task StartAsync()
    {
        var process = start();
        try
        {
            await process.WaitUntilOkAsync("/health/live", StartLimit);
        }
        catch (TimeoutException e)
        {
            await process.DisposeAsync();
            outcomes.Find($"{name} did not start: {e.Message}");
            throw;
        }

        _current = new RunningService(process, RagClient.Create(process.BaseAddress, key));
    }
}
