using System.Diagnostics;

namespace Rag.Ingest.Tests;

/// <summary>Waits for what another process or thread does, with a deadline.</summary>
internal static class Eventually
{
    public static async Task<T> BecomesAsync<T>(Func<Task<T>> read, Func<T, bool> isSo, TimeSpan? limit = null, Func<string>? describe = null)
    {
        var deadline = limit ?? TimeSpan.FromSeconds(30);
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var value = await read();
            if (isSo(value))
            {
                return value;
            }

            if (waited.Elapsed > deadline)
            {
                throw new TimeoutException($"After {deadline} it still is {value}. {describe?.Invoke()}");
            }

            await Task.Delay(25);
        }
    }
}
