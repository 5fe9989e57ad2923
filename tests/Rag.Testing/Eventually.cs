using System.Diagnostics;

namespace Rag.Testing;

/// <summary>Waits for what another process or thread does, with a deadline.</summary>
public static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);

    /// <summary>Polls until the condition holds.</summary>
    /// <exception cref="TimeoutException">It did not in half a minute; says <paramref name="what"/>.</exception>
    public static Task TrueAsync(Func<Task<bool>> condition, string what) => TrueAsync(condition, Patience, what);

    /// <summary>Polls until the condition holds.</summary>
    /// <exception cref="TimeoutException">It did not in time; says <paramref name="what"/>.</exception>
    public static async Task TrueAsync(Func<Task<bool>> condition, TimeSpan limit, string what) =>
        await BecomesAsync(condition, static holds => holds, limit, () => $"Awaited: {what}.");

    /// <summary>Polls until what is read is as it should be, and returns it.</summary>
    /// <exception cref="TimeoutException">It did not become so in time; says what it was.</exception>
    public static async Task<T> BecomesAsync<T>(Func<Task<T>> read, Func<T, bool> isSo, TimeSpan? limit = null, Func<string>? describe = null)
    {
        var deadline = limit ?? Patience;
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

            await Task.Delay(Interval);
        }
    }
}
