using System.CommandLine;
using Rag.Cli.Deployment.Clusters;
using Rag.Cli.Deployment.Diagnosis;

namespace Rag.Cli.Deployment.Status;

/// <summary><c>rag status</c>: how a deployment is, and what to do where it is not well.</summary>
internal static class StatusCommand
{
    public static Command Create(CliContext context)
    {
        var cluster = new ClusterOptions(generates: false);
        var json = new Option<bool>("--json") { Description = "Write the report as JSON." };
        var command = new Command("status", "Show how a deployment is: workloads, claims, routes, jobs, backups, and what is wrong with the way out.") { json };
        cluster.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(context, cluster, parsed, parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(CliContext context, ClusterOptions cluster, ParseResult parsed, bool json, CancellationToken cancellationToken)
    {
        var kubectl = Kubectl.Find(context, cluster.Context(parsed));
        var overlay = await cluster.RenderAsync(context, parsed, kubectl, cancellationToken);
        var target = await ClusterTarget.FindAsync(kubectl, cancellationToken);
        var missing = TypeProblems.Of(overlay.Objects, await ServedTypes.ReadAsync(kubectl, cancellationToken));
        var snapshot = await new SnapshotReader(kubectl.In(overlay.Namespace), context.Time, TreeFacts.Jobs(overlay.Objects)).ReadAsync(cancellationToken);
        var report = StatusReport.Of(snapshot, missing);
        if (json)
        {
            context.Terminal.Line(CliJson.Write(report));
        }
        else
        {
            context.Terminal.Line(target.Describe(overlay.Namespace, overlay.Environment));
            context.Terminal.Line();
            if (report.Workloads.Count == 0 && !report.Unseen.Contains("deployments"))
            {
                context.Terminal.Warn($"Nothing runs in {overlay.Namespace}. './rag apply -e {overlay.Environment}' deploys it.");
            }

            StatusText.Write(context.Terminal, report, snapshot.Now);
        }

        // For scripts: whether everything that should run does, and nothing is known to be wrong.
        return report.Workloads.Count > 0 && report.Workloads.All(static one => one.IsDone) && report.Problems.All(static one => one.IsWarning) ? ExitCode.Ok : ExitCode.Failed;
    }
}
