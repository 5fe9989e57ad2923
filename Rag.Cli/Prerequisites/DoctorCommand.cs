using System.CommandLine;

namespace Rag.Cli.Prerequisites;

/// <summary><c>rag doctor</c>: one line per thing that RagPlatform may need on this machine.</summary>
internal static class DoctorCommand
{
    private const long TightSpace = 2L << 30;

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
            await Inspection.LookAsync(Prerequisite.Poppler, checkout, FindingState.Missing, cancellationToken),
            await Inspection.LookAsync(Prerequisite.Aspire, checkout, FindingState.Optional, cancellationToken),
            await Inspection.LookAsync(Prerequisite.Npm, checkout, FindingState.Optional, cancellationToken),
            await Inspection.LookAsync(Prerequisite.Chromium, checkout, FindingState.Optional, cancellationToken),
            LookAtDisk(context),
        ];
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
