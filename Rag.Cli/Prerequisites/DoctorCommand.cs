using System.CommandLine;
using System.Text.Json;
using Aspire.Hosting.Orchestration.Infrastructure;
using Rag.Cli.Connection;
using Rag.Client;

namespace Rag.Cli.Prerequisites;

/// <summary><c>rag doctor</c>: one line per thing that RagPlatform may need on this machine.</summary>
internal static class DoctorCommand
{
    private const long TightSpace = 2L << 30;

    private static readonly TimeSpan ApiPatience = TimeSpan.FromSeconds(5);

    public static Command Create(CliContext context)
    {
        var json = new Option<bool>("--json") { Description = "Write the findings as JSON." };
        var command = new Command("doctor", "Show what is there, in which version, and how to get what is not.") { json };
        command.SetAction((parsed, cancellationToken) => RunAsync(context, parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(CliContext context, bool json, CancellationToken cancellationToken)
    {
        var findings = await LookAsync(context, cancellationToken);
        if (json)
        {
            context.Terminal.Line(CliJson.Write(findings));
        }
        else
        {
            Print(context.Terminal, findings);
        }

        return findings.Any(finding => finding.State == FindingState.Missing) ? ExitCode.Failed : ExitCode.Ok;
    }

    public static void Print(Terminal terminal, IReadOnlyList<Finding> findings)
    {
        var width = findings.Max(finding => finding.Name.Length);
        foreach (var finding in findings)
        {
            var name = finding.Name.PadRight(width);
            var remedy = finding.Remedy is null ? "" : $". {finding.Remedy}";
            switch (finding.State)
            {
                case FindingState.Found:
                    terminal.Good($"ok       {name}  {finding.Detail}");
                    break;
                case FindingState.Optional:
                    terminal.Quiet($"without  {name}  {finding.Detail}{remedy}");
                    break;
                default:
                    terminal.Bad($"MISSING  {name}  {finding.Detail}{remedy}");
                    break;
            }
        }
    }

    private static async Task<IReadOnlyList<Finding>> LookAsync(CliContext context, CancellationToken cancellationToken)
    {
        var containers = await Inspection.LookForContainersAsync(cancellationToken);
        // With a container runtime the servers come as images.
        var servers = containers.State == FindingState.Found ? FindingState.Optional : FindingState.Missing;
        var checkout = context.Checkout;
        return
        [
            await Inspection.LookForSdkAsync(checkout, cancellationToken),
            containers,
            await Inspection.LookAsync(Prerequisite.Postgres, checkout, servers, cancellationToken),
            await Inspection.LookAsync(Prerequisite.Redis, checkout, servers, cancellationToken),
            await Inspection.LookAsync(Prerequisite.Qdrant, checkout, RunsQdrant(checkout) ? FindingState.Missing : FindingState.Optional, cancellationToken),
            await Inspection.LookAsync(Prerequisite.Poppler, checkout, FindingState.Missing, cancellationToken),
            await Inspection.LookAsync(Prerequisite.Aspire, checkout, FindingState.Optional, cancellationToken),
            await Inspection.LookAsync(Prerequisite.Npm, checkout, FindingState.Optional, cancellationToken),
            await Inspection.LookAsync(Prerequisite.Chromium, checkout, FindingState.Optional, cancellationToken),
            await Inspection.LookAsync(Prerequisite.Promtool, checkout, FindingState.Optional, cancellationToken),
            await Inspection.LookAsync(Prerequisite.Rclone, checkout, FindingState.Optional, cancellationToken),
            LookAtDisk(context),
            await LookAtApiAsync(context, cancellationToken),
            .. await ClusterInspection.LookAsync(context, cancellationToken),
        ];
    }

    // {"provider":"qdrant","ready":true}, as AppHost records it, and "elsewhere":true where it only knows its address: then this installation's index is in a server that runs on this machine.
    private static bool RunsQdrant(Checkout? checkout)
    {
        if (checkout is null || InfrastructureForecast.Recorded(checkout.State) != InfrastructureForecast.Native
            || Path.Combine(checkout.State, "index.json") is var file && !File.Exists(file))
        {
            return false;
        }

        try
        {
            using var record = JsonDocument.Parse(File.ReadAllText(file));
            return record.RootElement.TryGetProperty("provider", out var provider) && provider.ValueEquals("qdrant")
                && !(record.RootElement.TryGetProperty("elsewhere", out var elsewhere) && elsewhere.ValueKind == JsonValueKind.True);
        }
        catch (JsonException)
        {
            // AppHost explains it.
            return false;
        }
    }

    private static async Task<Finding> LookAtApiAsync(CliContext context, CancellationToken cancellationToken)
    {
        const string name = "API";
        const string remedy = "'./rag up' starts it.";
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(ApiPatience);
        try
        {
            var connection = ApiConnection.Resolve(context, option: null);
            var health = await connection.Connect().GetHealthAsync(patience.Token);
            var broken = health.Checks.Where(check => !string.Equals(check.Status, "ready", StringComparison.OrdinalIgnoreCase) && check.Detail is not null)
                .Select(check => $"{check.Name}: {check.Detail}");
            var status = health.Status.ToString().ToLowerInvariant();
            return status is "ready" or "degraded"
                ? new Finding(name, FindingState.Found, string.Join("; ", broken.Prepend($"{status} at {connection.Url}")))
                : new Finding(name, FindingState.Missing, string.Join("; ", broken.Prepend($"{status} at {connection.Url}")), "Its log says more.");
        }
        catch (CliException)
        {
            return new Finding(name, FindingState.Optional, "never started here", remedy);
        }
        catch (Exception exception) when (exception is RagApiException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new Finding(name, FindingState.Optional, "not running", remedy);
        }
    }

    private static Finding LookAtDisk(CliContext context)
    {
        var drive = new DriveInfo(context.Checkout?.Root ?? context.WorkingDirectory);
        var free = drive.AvailableFreeSpace;
        var detail = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{free / (double)(1L << 30):0.0} GiB free on {drive.Name}");
        return free < TightSpace
            ? new Finding("Disk", FindingState.Missing, detail, "Free some space: originals, database and build need about 2 GiB.")
            : new Finding("Disk", FindingState.Found, detail);
    }
}
