using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Rag.Core.Storage;

namespace Rag.Core.Jobs;

/// <summary>
/// Shows other workers that this one lives: an advisory lock on a connection that does nothing else. When the process is killed the
/// connection ends with it, and its jobs can be taken over after seconds instead of after their leases. The lease stays what decides:
/// a worker that only lost its connection takes up a new number and keeps its jobs, and whoever is wrong about that is fenced.
/// </summary>
public sealed partial class WorkerPresence(NpgsqlDataSource source, StorageReadiness readiness, ILogger<WorkerPresence> logger) : BackgroundService
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(5);

    // Each name is had for seconds at least, so a claim that was sent under the oldest of so many has long ended.
    private const int MostFormer = 16;

    // Names under which there may still be jobs of ours, or come to be: a claim that was sent before a change of name may end after it.
    private readonly Queue<string> _former = [];
    private readonly string _process = $"{Environment.MachineName}/{Environment.ProcessId}";
    private volatile string _name = $"{Environment.MachineName}/{Environment.ProcessId}";

    /// <summary>What jobs are claimed with: <c>host/process#number</c>, without the number while there is none.</summary>
    public string Name => _name;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await readiness.WaitAsync(stoppingToken);
        var wait = CheckInterval;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync(stoppingToken);
                var number = Random.Shared.Next(1, int.MaxValue);
                if (await connection.TryLockAsync(AdvisoryLocks.WorkerPresence, number, stoppingToken))
                {
                    // The new name first, so that no claim takes an old one any more.
                    if (_former.Count == MostFormer)
                    {
                        _former.Dequeue();
                    }

                    _former.Enqueue(_name);
                    _name = $"{_process}#{number}";
                    wait = CheckInterval;
                    while (true)
                    {
                        // Fails when the connection is gone; then there is a new one, with a new number.
                        await connection.Sql("update jobs set worker = $2 where worker = any($1) and state = 'running'", _former.ToArray(), _name).RunAsync(stoppingToken);
                        await Task.Delay(CheckInterval, stoppingToken);
                    }
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Npgsql says InvalidOperationException when the connection broke between two calls. Whatever it is, leases serve
                // until there is a new connection.
                LogLost(logger, e.Message);
            }

            await Task.Delay(wait, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            wait = wait * 2 < MaxWait ? wait * 2 : MaxWait;
        }
    }

    [LoggerMessage(2201, LogLevel.Debug, "This worker cannot be seen by others at the moment: {Reason}")]
    private static partial void LogLost(ILogger logger, string reason);
}
