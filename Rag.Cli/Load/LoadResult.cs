using System.Globalization;
using Rag.Core.Evaluation;

namespace Rag.Cli.Load;

/// <summary>One line of the report.</summary>
/// <param name="Name">What is summed up: <c>search</c>, <c>ask</c> or <c>all</c>.</param>
/// <param name="Requests">That fell due.</param>
/// <param name="Failed">That were not answered.</param>
/// <param name="P50Ms">Of those that were answered or given up, from when they were due; null without any. What people saw who got something.</param>
/// <param name="P95Ms">The same.</param>
/// <param name="P99Ms">The same.</param>
/// <param name="MaxMs">The same.</param>
internal sealed record LoadFigures(string Name, int Requests, int Failed, double? P50Ms, double? P95Ms, double? P99Ms, double? MaxMs)
{
    /// <summary>0 to 1.</summary>
    public double FailedShare => Requests == 0 ? 0 : (double)Failed / Requests;

    public static LoadFigures Of(string name, IReadOnlyCollection<LoadSample> samples)
    {
        // A refusal is quick, and would make the others look good; who gave up has waited at least so long.
        var times = new Percentiles(samples.Where(static sample => sample.Error is null or LoadSample.TimedOut).Select(static sample => sample.Took.TotalMilliseconds));
        double? At(double share) => times.Count == 0 ? null : times.At(share);
        return new LoadFigures(name, samples.Count, samples.Count(static sample => sample.Error is not null), At(0.50), At(0.95), At(0.99), At(1));
    }
}

/// <summary>A limit and whether it was kept.</summary>
/// <param name="Name">Such as <c>p95</c>.</param>
/// <param name="Allowed">In words.</param>
/// <param name="Measured">In words.</param>
/// <param name="Passed">Whether it was kept.</param>
internal sealed record LoadCheck(string Name, string Allowed, string Measured, bool Passed);

/// <summary>What a load test measured.</summary>
/// <param name="Figures">By kind, and of all together as the last.</param>
/// <param name="Errors">How often each code came.</param>
/// <param name="Delayed">Requests that waited for a free client.</param>
/// <param name="MaxDelayMs">How long at most.</param>
/// <param name="Checks">The limits.</param>
internal sealed record LoadResult(
    IReadOnlyList<LoadFigures> Figures, SortedDictionary<string, int> Errors, int Delayed, double MaxDelayMs, IReadOnlyList<LoadCheck> Checks)
{
    // A timer is late by about a millisecond; that is not yet a client that was missing.
    private static readonly TimeSpan TimerLag = TimeSpan.FromMilliseconds(20);

    public bool Passed => Checks.All(static check => check.Passed);

    /// <summary>Sums up what fell due after the warm-up.</summary>
    public static LoadResult Of(IReadOnlyCollection<LoadSample> samples, LoadPlan plan)
    {
        var counted = samples.Where(sample => sample.Arrival.Due >= plan.WarmUp).ToList();
        List<LoadFigures> figures =
        [
            .. counted.GroupBy(static sample => sample.Arrival.Kind).OrderBy(static group => group.Key)
                .Select(static group => LoadFigures.Of(group.Key.ToString().ToLowerInvariant(), [.. group])),
            LoadFigures.Of("all", counted),
        ];
        var errors = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var group in counted.Where(static sample => sample.Error is not null).GroupBy(static sample => sample.Error!))
        {
            errors[group.Key] = group.Count();
        }

        var delayed = counted.Where(static sample => sample.Waited > TimerLag).ToList();
        return new LoadResult(
            figures, errors, delayed.Count, delayed.Count == 0 ? 0 : delayed.Max(static sample => sample.Waited.TotalMilliseconds), [.. Check(figures[^1], counted, plan)]);
    }

    private static IEnumerable<LoadCheck> Check(LoadFigures all, IEnumerable<LoadSample> samples, LoadPlan plan)
    {
        // "95 of 100 within a second" is not kept towards somebody who got nothing: unanswered is slower than any limit.
        var times = new Percentiles(samples.Select(static sample => sample.Error is null ? sample.Took.TotalMilliseconds : double.PositiveInfinity));
        yield return new LoadCheck("answered", "1 request at least", string.Create(CultureInfo.InvariantCulture, $"{all.Requests - all.Failed}"), all.Requests > all.Failed);
        if (plan.MaxP95 is { } p95)
        {
            yield return Time("p95", p95, times.P95);
        }

        if (plan.MaxP99 is { } p99)
        {
            yield return Time("p99", p99, times.P99);
        }

        yield return new LoadCheck("errors", Percent(plan.MaxErrors), Percent(all.FailedShare), all.FailedShare <= plan.MaxErrors);
    }

    private static LoadCheck Time(string name, TimeSpan allowed, double measured) =>
        new(name, Milliseconds(allowed.TotalMilliseconds), Milliseconds(measured), measured <= allowed.TotalMilliseconds);

    private static string Milliseconds(double ms) => double.IsFinite(ms) ? string.Create(CultureInfo.InvariantCulture, $"{ms:0.#} ms") : "not answered";

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.###}%");
}
