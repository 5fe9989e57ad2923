using System.Diagnostics;

namespace ServiceDefaults.Tests;

internal static class Eventually
{
    public static async Task TrueAsync(Func<bool> condition, string what)
    {
        var limit = TimeSpan.FromSeconds(20);
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(waited.Elapsed < limit, $"After {limit} it was still not so that {what}.");
            await Task.Delay(20);
        }
    }
}
