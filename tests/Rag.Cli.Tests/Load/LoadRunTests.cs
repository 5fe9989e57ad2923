using Rag.Cli.Load;

namespace Rag.Cli.Tests.Load;

/// <summary>The arithmetic of the load test: when requests come, how long people wait, and what is made of it.</summary>
public sealed class LoadRunTests
{
    private static readonly LoadPlan Plan = new()
    {
        Rate = 10,
        Clients = 1,
        WarmUp = TimeSpan.FromSeconds(1),
        Duration = TimeSpan.FromSeconds(10),
        AskShare = 0,
        Limit = TimeSpan.FromSeconds(5),
        Seed = 1,
    };

    [Fact]
    public void Arrivals_are_random_and_the_same_for_the_same_seed()
    {
        List<Arrival> first = [.. Arrival.Schedule(10, TimeSpan.FromSeconds(60), 0.2, seed: 7)];

        Assert.Equal(first, Arrival.Schedule(10, TimeSpan.FromSeconds(60), 0.2, seed: 7));
        Assert.NotEqual(first, [.. Arrival.Schedule(10, TimeSpan.FromSeconds(60), 0.2, seed: 8)]);
        Assert.Equal(first.OrderBy(static arrival => arrival.Due), first);
        Assert.All(first, static arrival => Assert.InRange(arrival.Due, TimeSpan.Zero, TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public void They_keep_the_rate_and_the_share_and_the_times_between_them_are_exponential()
    {
        const double Rate = 50;
        List<Arrival> arrivals = [.. Arrival.Schedule(Rate, TimeSpan.FromSeconds(2000), 0.25, seed: 3)];

        // 100,000 are expected, with a standard deviation of about 316.
        Assert.InRange(arrivals.Count, 98_500, 101_500);
        Assert.InRange(arrivals.Count(static arrival => arrival.Kind == LoadKind.Ask) / (double)arrivals.Count, 0.24, 0.26);
        double[] gaps = [.. arrivals.Zip(arrivals.Skip(1)).Select(static pair => (pair.Second.Due - pair.First.Due).TotalSeconds)];
        foreach (var time in (double[])[0.005, 0.02, 0.05, 0.1])
        {
            // The distribution function of an exponential distribution; a regular schedule would have a step here.
            Assert.Equal(1 - Math.Exp(-Rate * time), gaps.Count(gap => gap <= time) / (double)gaps.Length, 0.01);
        }
    }

    [Fact]
    public async Task A_server_that_stands_still_delays_all_who_come_meanwhile()
    {
        var first = true;
        var run = new LoadRun(
            async (_, token) =>
            {
                if (first)
                {
                    first = false;
                    await Task.Delay(TimeSpan.FromMilliseconds(600), token);
                }
            },
            clients: 1,
            TimeSpan.FromSeconds(30),
            TimeProvider.System);

        var samples = await run.RunAsync(Every(50, 10), CancellationToken.None);

        // The second was due after 50 ms and could not begin before 600 ms; measured from when it was sent it would have taken nothing.
        Assert.Equal(10, samples.Count);
        foreach (var sample in samples.Where(static sample => sample.Arrival.Query > 0))
        {
            Assert.True(sample.Took >= TimeSpan.FromMilliseconds(590) - sample.Arrival.Due, $"{sample}");
        }
    }

    [Fact]
    public async Task No_more_requests_are_in_flight_than_there_are_clients()
    {
        var flying = 0;
        var most = 0;
        var run = new LoadRun(
            async (_, token) =>
            {
                most = Math.Max(most, Interlocked.Increment(ref flying));
                await Task.Delay(TimeSpan.FromMilliseconds(30), token);
                Interlocked.Decrement(ref flying);
            },
            clients: 3,
            TimeSpan.FromSeconds(30),
            TimeProvider.System);

        await run.RunAsync(Every(1, 40), CancellationToken.None);

        Assert.Equal(3, most);
    }

    [Fact]
    public async Task Who_has_waited_too_long_has_gone()
    {
        var sent = 0;
        var run = new LoadRun(
            (_, token) =>
            {
                Interlocked.Increment(ref sent);
                return Task.Delay(Timeout.Infinite, token);
            },
            clients: 1,
            TimeSpan.FromMilliseconds(300),
            TimeProvider.System);

        var samples = await run.RunAsync(Every(10, 5), CancellationToken.None);

        Assert.All(samples, static sample => Assert.Equal(LoadSample.TimedOut, sample.Error));
        Assert.All(samples, static sample => Assert.True(sample.Took >= TimeSpan.FromMilliseconds(250), $"{sample}"));
        Assert.InRange(sent, 1, 5);
    }

    [Fact]
    public void The_warm_up_does_not_count_and_a_time_out_does()
    {
        var result = LoadResult.Of(
            [Sample(0.5, 9000), Sample(2, 100), Sample(3, 200), Sample(4, 5000, LoadSample.TimedOut), Sample(5, 1, "rate-limited")],
            Plan with { MaxP95 = TimeSpan.FromSeconds(1), MaxErrors = 0.5 });

        var all = result.Figures[^1];
        Assert.Equal((4, 2, 200, 5000), (all.Requests, all.Failed, all.P50Ms, all.P99Ms));
        Assert.Equal([("answered", true), ("p95", false), ("errors", true)], result.Checks.Select(static check => (check.Name, check.Passed)));
        Assert.Equal(["rate-limited", "timed-out"], result.Errors.Keys);
        Assert.False(result.Passed);
    }

    [Fact]
    public void Who_is_refused_counts_as_one_who_waits_for_ever_and_a_hundredth_of_all_may_be()
    {
        LoadSample[] Samples(int refused) => [.. Enumerable.Range(0, 1000).Select(i => i < refused ? Sample(2, 1, "api-away") : Sample(2, 100))];
        var limits = Plan with { MaxP95 = TimeSpan.FromSeconds(1), MaxP99 = TimeSpan.FromSeconds(1) };
        string[] Missed(int refused, LoadPlan plan) => [.. LoadResult.Of(Samples(refused), plan).Checks.Where(static check => !check.Passed).Select(static check => check.Name)];

        Assert.Empty(Missed(10, limits));
        Assert.Equal(["p99", "errors"], Missed(11, limits));
        Assert.Equal(["p95", "p99", "errors"], Missed(980, limits));
        Assert.Equal(["p95", "p99"], Missed(980, limits with { MaxErrors = 1 }));
        // Without a word about errors they are looked at all the same.
        Assert.Equal(["errors"], Missed(11, Plan));
        Assert.Contains(LoadResult.Of(Samples(980), limits).Checks, static check => check is { Name: "p95", Measured: "not answered", Allowed: "1000 ms" });
    }

    [Fact]
    public void A_test_without_an_answer_fails_whatever_was_allowed()
    {
        Assert.False(LoadResult.Of([], Plan).Passed);
        Assert.False(LoadResult.Of([Sample(2, 1, "rate-limited")], Plan with { MaxErrors = 1, MaxP95 = TimeSpan.FromSeconds(9) }).Passed);
        Assert.True(LoadResult.Of([Sample(2, 1)], Plan).Passed);
    }

    [Fact]
    public void Queries_are_words_that_stand_in_the_passages()
    {
        string[] passages = [LoadText.Document(new Random(1)), "too short", "exactly three words"];

        var queries = LoadText.Queries(passages, 50, new Random(2));

        Assert.Equal(50, queries.Count);
        Assert.All(queries, query => Assert.Contains(passages, passage => string.Join(' ', passage.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Contains(query, StringComparison.Ordinal)));
        Assert.Equal(queries, LoadText.Queries(passages, 50, new Random(2)));
        Assert.Empty(LoadText.Queries(["too short"], 50, new Random(2)));
    }

    private static IEnumerable<Arrival> Every(int milliseconds, int count) => Enumerable.Range(0, count).Select(i => new Arrival(TimeSpan.FromMilliseconds(i * milliseconds), LoadKind.Search, i));

    private static LoadSample Sample(double due, double took, string? error = null) =>
        new(new Arrival(TimeSpan.FromSeconds(due), LoadKind.Search, 0), TimeSpan.Zero, TimeSpan.FromMilliseconds(took), error);
}
