using Rag.Cli.Prerequisites;

namespace Rag.Cli.Up;

/// <summary>Sees to it that everything a start needs is there, and says what is missing and why.</summary>
internal static class UpPrerequisites
{
    // After a failed download the next starts go on without asking the network again; a day later it may be back.
    private static readonly TimeSpan RetryAfter = TimeSpan.FromDays(1);

    /// <exception cref="CliException">Something indispensable is missing and could not be got.</exception>
    public static async Task EnsureAsync(CliContext context, UpOptions options, CancellationToken cancellationToken)
    {
        var checkout = context.RequireCheckout();
        Directory.CreateDirectory(checkout.Tools);
        var native = await InfrastructureChoice.FindAsync(options.Infrastructure, checkout, cancellationToken) == InfrastructureChoice.Native;
        Prerequisite[] wanted = native ? [Prerequisite.Postgres, Prerequisite.Redis, Prerequisite.Poppler] : [Prerequisite.Poppler];
        var missing = await SystemPackages.EnsureAsync(context, wanted, options.Yes, cancellationToken);

        if (missing.Contains(Prerequisite.Postgres))
        {
            await FetchPostgresAsync(context, checkout, cancellationToken);
        }

        if (missing.Contains(Prerequisite.Redis))
        {
            throw new CliException("Redis is not there, and the servers are to run on this machine.", Prerequisite.Redis.Remedy, ExitCode.Unavailable);
        }

        if (missing.Contains(Prerequisite.Poppler))
        {
            context.Terminal.Warn($"Going on without pdftotext: PDF files will fail until it is there ({Prerequisite.Poppler.Remedy}).");
        }

        if (options.Dashboard && Prerequisite.Aspire.Find(checkout) is null)
        {
            await FetchDashboardAsync(context, checkout, cancellationToken);
        }
    }

    private static async Task FetchPostgresAsync(CliContext context, Checkout checkout, CancellationToken cancellationToken)
    {
        var tool = NpmTool.Postgres;
        context.Terminal.Line($"Fetching PostgreSQL with npm into .rag/tools ({tool.DownloadMegabytes} MB) ...");
        if (await tool.FetchAsync(checkout.FetchedPostgres, cancellationToken) is { } reason)
        {
            throw new CliException(
                $"PostgreSQL is not there, and could not be fetched: {reason}.", Prerequisite.Postgres.Remedy, ExitCode.Unavailable);
        }
    }

    private static async Task FetchDashboardAsync(CliContext context, Checkout checkout, CancellationToken cancellationToken)
    {
        var tool = NpmTool.Aspire;
        var failed = checkout.FetchedAspire + ".failed";
        if (File.Exists(failed) && context.Time.GetUtcNow() - File.GetLastWriteTimeUtc(failed) < RetryAfter)
        {
            return;
        }

        context.Terminal.Line(
            $"Fetching the Aspire dashboard with npm into .rag/tools ({tool.DownloadMegabytes} MB; it shows traces, logs and resources; --no-dashboard goes without) ...");
        if (await tool.FetchAsync(checkout.FetchedAspire, cancellationToken) is { } reason)
        {
            context.Terminal.Warn($"Going on without the dashboard: {reason}. By hand: {tool.ByHand}, or the 'aspire' command on PATH.");
            await File.WriteAllTextAsync(failed, reason, cancellationToken);
        }
        else
        {
            File.Delete(failed);
        }
    }
}
