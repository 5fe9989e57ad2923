using System.Globalization;

namespace Rag.Cli.Load;

/// <summary>What <c>rag load</c> measured, as a table or as JSON.</summary>
internal static class LoadReport
{
    public static void Print(Terminal terminal, string collection, LoadPlan plan, LoadResult result, bool json)
    {
        if (json)
        {
            terminal.Line(CliJson.Write(new
            {
                collection,
                rate = plan.Rate,
                clients = plan.Clients,
                warmUpSeconds = plan.WarmUp.TotalSeconds,
                durationSeconds = plan.Duration.TotalSeconds,
                askShare = plan.AskShare,
                seed = plan.Seed,
                figures = result.Figures,
                errors = result.Errors,
                delayed = result.Delayed,
                maxDelayMs = result.MaxDelayMs,
                checks = result.Checks,
                passed = result.Passed,
            }));
            return;
        }

        terminal.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"'{collection}': {plan.Rate:0.##} requests per second for {plan.Duration.TotalSeconds:0} s after {plan.WarmUp.TotalSeconds:0} s of warm-up, at most {plan.Clients} in flight"));
        terminal.Line("          requests    failed    p50 ms    p95 ms    p99 ms    max ms");
        foreach (var row in result.Figures)
        {
            terminal.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"{row.Name,-8}  {row.Requests,8}  {row.FailedShare * 100,7:0.00}%  {Ms(row.P50Ms),8}  {Ms(row.P95Ms),8}  {Ms(row.P99Ms),8}  {Ms(row.MaxMs),8}"));
        }

        if (result.Delayed > 0)
        {
            terminal.Warn(string.Create(CultureInfo.InvariantCulture, $"{result.Delayed} requests waited for a free client, {result.MaxDelayMs:0} ms at most; that is in their times."));
        }

        foreach (var (code, count) in result.Errors)
        {
            terminal.Bad($"{count} x {code}");
        }

        foreach (var check in result.Checks)
        {
            var line = $"{check.Name}: {check.Measured}, allowed: {check.Allowed}";
            if (check.Passed)
            {
                terminal.Good($"ok      {line}");
            }
            else
            {
                terminal.Bad($"FAILED  {line}");
            }
        }
    }

    private static string Ms(double? ms) => ms?.ToString("0.0", CultureInfo.InvariantCulture) ?? "-";
}
