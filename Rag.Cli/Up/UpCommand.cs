using System.CommandLine;
using Aspire.Hosting.Dashboard;
using Aspire.Hosting.Orchestration.Infrastructure;

namespace Rag.Cli.Up;

/// <summary><c>rag up</c>: from a fresh clone to running services with one command.</summary>
internal static class UpCommand
{
    public static Command Create(CliContext context)
    {
        var infrastructure = new Option<string?>("--infrastructure") { Description = "Run the servers as 'containers' or 'native' programs; default: what fits, and what the first start chose." };
        infrastructure.AcceptOnlyFromAmong(InfrastructureForecast.Containers, InfrastructureForecast.Native);
        var noDashboard = new Option<bool>("--no-dashboard") { Description = "Go without the Aspire dashboard." };
        var sample = new Option<bool>("--sample") { Description = "Load a small sample collection to ask questions of." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Install and fetch what is missing without asking." };
        var aspire = new Option<bool>("--aspire") { Description = "Build AppHost on Aspire's own packages from now on, if the package feed serves them." };
        var noAspire = new Option<bool>("--no-aspire") { Description = "Go back to LocalHosting." };
        var command = new Command("up", "Check, install what is missing, and start everything; Ctrl+C ends it.") { infrastructure, noDashboard, sample, yes, aspire, noAspire };
        command.Validators.Add(result =>
        {
            if (result.GetValue(aspire) && result.GetValue(noAspire))
            {
                result.AddError("--aspire and --no-aspire exclude each other.");
            }
        });
        command.SetAction((parsed, cancellationToken) => RunAsync(
            context,
            new UpOptions(
                parsed.GetValue(infrastructure),
                Dashboard: !parsed.GetValue(noDashboard),
                parsed.GetValue(sample),
                parsed.GetValue(yes),
                parsed.GetValue(aspire) ? true : parsed.GetValue(noAspire) ? false : null),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(CliContext context, UpOptions options, CancellationToken cancellationToken)
    {
        var checkout = context.RequireCheckout();
        var aspire = options.Aspire ?? AspirePackages.IsOn(checkout);
        var runtime = await UpPrerequisites.EnsureAsync(context, ForFoundation(options, aspire), cancellationToken);
        if (options.Aspire is { } on)
        {
            await AspirePackages.SwitchAsync(context, checkout, on, cancellationToken);
        }

        var build = new AppHostBuild(checkout);
        await build.EnsureAsync(context.Terminal, cancellationToken);

        if (!aspire && options.Dashboard && await DashboardProgram.FindUsableAsync(checkout.Tools, cancellationToken) is null)
        {
            // Said already, or declined: AppHost does not say it again.
            options = options with { Dashboard = false };
        }

        using var running = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sample = options.Sample ? SampleCollection.LoadAsync(context, running.Token) : Task.CompletedTask;
        try
        {
            var exitCode = await AppHostProcess.RunAsync(checkout, CommandLine(checkout, build, options), runtime, cancellationToken);
            return exitCode == 0 ? ExitCode.Ok : ExitCode.Failed;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl+C is how this command is meant to end.
            return ExitCode.Ok;
        }
        finally
        {
            await running.CancelAsync();
            await sample.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What has to be there: Aspire's orchestrator runs servers in containers only, and brings its dashboard with its packages.</summary>
    /// <exception cref="CliException">Native servers are wanted of Aspire's orchestrator.</exception>
    internal static UpOptions ForFoundation(UpOptions options, bool aspire) => (aspire, options.Infrastructure) switch
    {
        (false, _) => options,
        (true, InfrastructureForecast.Native) => throw new CliException(
            "This checkout is built on Aspire's own packages, whose orchestrator runs servers in containers only.",
            "Leave --infrastructure native out, or go back to LocalHosting with --no-aspire.",
            ExitCode.Usage),
        _ => options with { Infrastructure = InfrastructureForecast.Containers, Dashboard = false },
    };

    /// <summary>What is handed to <c>dotnet</c>.</summary>
    internal static IEnumerable<string> CommandLine(Checkout checkout, AppHostBuild build, UpOptions options)
    {
        // Aspire's orchestrator wants the launch profile's addresses; LocalHosting needs none of it, and starting the program itself saves seconds.
        var aspire = AspirePackages.IsOn(checkout);
        string[] start = aspire ? ["run", "--project", checkout.AppHost, "--no-build", "--"] : [build.Program];
        return [.. start, .. options.Infrastructure is null || aspire ? (string[])[] : ["--Infrastructure", options.Infrastructure], .. options.Dashboard ? (string[])[] : ["--Dashboard", "false"]];
    }
}
