using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RagPlatform.ServiceDefaults.Health;

namespace RagPlatform.ServiceDefaults.Shutdown;

/// <summary>
/// On SIGTERM: not ready at once, stop after the delay. Without the delay every connection that arrives before the load balancer has
/// noticed is refused. A second signal, or Ctrl+C, stops without waiting: a person is sitting there.
/// </summary>
internal sealed partial class DrainingLifetime(
    IHostApplicationLifetime application,
    IHostEnvironment environment,
    IOptions<ShutdownOptions> options,
    Draining draining,
    TimeProvider time,
    ILogger<DrainingLifetime> logger) : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> _signals = [];
    private ITimer? _stop;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        application.ApplicationStarted.Register(() => LogStarted(environment.EnvironmentName));
        application.ApplicationStopping.Register(draining.Start);
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnTerminate));
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, OnInterrupt));
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGQUIT, OnInterrupt));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _signals.ForEach(static signal => signal.Dispose());
        _stop?.Dispose();
    }

    private void OnTerminate(PosixSignalContext context)
    {
        context.Cancel = true;
        Terminate();
    }

    private void OnInterrupt(PosixSignalContext context)
    {
        context.Cancel = true;
        draining.Start();
        application.StopApplication();
    }

    internal void Terminate()
    {
        var delay = options.Value.DelayIn(environment);
        if (draining.Started || delay == TimeSpan.Zero)
        {
            draining.Start();
            application.StopApplication();
            return;
        }

        draining.Start();
        LogDraining(delay);
        _stop = time.CreateTimer(_ => application.StopApplication(), state: null, delay, Timeout.InfiniteTimeSpan);
    }

    [LoggerMessage(1, LogLevel.Information, "Started in {Environment}")]
    private partial void LogStarted(string environment);

    [LoggerMessage(2, LogLevel.Information, "Asked to stop: not ready from now on, stopping in {Delay}")]
    private partial void LogDraining(TimeSpan delay);
}
