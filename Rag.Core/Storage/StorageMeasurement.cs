using Microsoft.Extensions.Hosting;

namespace Rag.Core.Storage;

/// <summary>Measures something in the database again and again, from when its schema is there. While it is away the last value stands; that it is away is told elsewhere.</summary>
public abstract class StorageMeasurement(StorageReadiness readiness, TimeProvider time, TimeSpan interval) : BackgroundService
{
    /// <summary>Measures once, and keeps what it found.</summary>
    protected abstract Task MeasureAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await readiness.WaitAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await MeasureAsync(stoppingToken);
            }
            catch (Exception) when (!stoppingToken.IsCancellationRequested)
            {
            }

            await Task.Delay(interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
