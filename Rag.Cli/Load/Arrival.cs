namespace Rag.Cli.Load;

/// <summary>What a request asks for.</summary>
internal enum LoadKind
{
    Search,

    Ask,
}

/// <summary>A request that falls due.</summary>
/// <param name="Due">Since the start. Its time is measured from here, whenever it is really sent.</param>
/// <param name="Kind">What it asks for.</param>
/// <param name="Query">Which of the queries, counted round and round.</param>
internal readonly record struct Arrival(TimeSpan Due, LoadKind Kind, int Query)
{
    /// <summary>
    /// An open arrival process: people come whether or not those before them were served, independently of one another, so that the times
    /// between them are exponentially distributed (a Poisson process). Equal arguments are equal arrivals.
    /// </summary>
    /// <param name="perSecond">Arrivals on average.</param>
    /// <param name="length">The last falls due before its end.</param>
    /// <param name="askShare">How many of them ask, 0 to 1; the others search.</param>
    /// <param name="seed">Of the pseudo-random numbers.</param>
    public static IEnumerable<Arrival> Schedule(double perSecond, TimeSpan length, double askShare, int seed)
    {
        var random = new Random(seed);
        var seconds = 0.0;
        for (var number = 0; ; number++)
        {
            // 1 - u is never 0, whose logarithm is none.
            seconds -= Math.Log(1 - random.NextDouble()) / perSecond;
            if (seconds >= length.TotalSeconds)
            {
                yield break;
            }

            yield return new Arrival(TimeSpan.FromSeconds(seconds), random.NextDouble() < askShare ? LoadKind.Ask : LoadKind.Search, number);
        }
    }
}
