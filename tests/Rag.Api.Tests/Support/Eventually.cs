using System.Diagnostics;

namespace Rag.Api.Tests.Support;

internal static class Eventually
{
    /// <summary>Polls until the condition holds; fails with words when it does not in time.</summary>
    public static async Task TrueAsync(Func<Task<bool>> condition, TimeSpan limit, string what)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(waited.Elapsed < limit, $"After {limit} it was still not so that {what}.");
            await Task.Delay(25);
        }
    }
}
