using System.CommandLine;
using Rag.Cli.Deployment.Clusters;

namespace Rag.Cli.Deployment;

/// <summary><c>rag diff</c>: what applying would change. kubectl puts asterisks where values of Secrets differ.</summary>
internal static class DiffCommand
{
    public static Command Create(CliContext context)
    {
        var cluster = new ClusterOptions(generates: true);
        var command = new Command("diff", "Show what 'apply' would change on the cluster; exit code 1 says that there is something.");
        cluster.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(context, cluster, parsed, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(CliContext context, ClusterOptions cluster, ParseResult parsed, CancellationToken cancellationToken)
    {
        var kubectl = Kubectl.Find(context, cluster.Context(parsed));
        var overlay = await cluster.RenderAsync(context, parsed, kubectl, cancellationToken);
        var target = await ClusterTarget.FindAsync(kubectl, cancellationToken);
        context.Terminal.Line(target.Describe(overlay.Namespace, overlay.Environment));

        // The server tries the change and throws it away: what it fills in by itself is no difference.
        var result = await kubectl.RunAsync(["diff", "-k", overlay.Folder, .. ApplyCommand.ServerSide], cancellationToken: cancellationToken);
        context.Terminal.Out.Write(result.Output);
        switch (result.ExitCode)
        {
            case 0 or 1 when result.ExitCode == 0 || result.Output.Length > 0:
                var here = kubectl.In(overlay.Namespace);
                var (left, _) = await Leftovers.FindAsync(here, overlay.Platform, overlay.Objects, await ServedTypes.ReadAsync(here, cancellationToken), withFinished: false, cancellationToken);
                foreach (var one in left)
                {
                    context.Terminal.Line($"not in the manifests any more: {one}");
                }

                if (left.Count > 0)
                {
                    context.Terminal.Line($"'./rag apply -e {overlay.Environment} --prune' removes what is not in the manifests any more.");
                }
                else if (result.ExitCode == 0)
                {
                    context.Terminal.Good("No difference.");
                }

                return result.ExitCode == 0 && left.Count == 0 ? ExitCode.Ok : ExitCode.Failed;
            default:
                throw NamespaceIsMissing(result.Error, overlay.Namespace)
                    ? new CliException($"The namespace {overlay.Namespace} is not there yet: everything would be new.", $"'./rag apply -e {overlay.Environment}' makes it.")
                    : KubectlFailure.Of(result, "diff", context: null);
        }
    }

    private static bool NamespaceIsMissing(string error, string name) => error.Contains($"namespaces \"{name}\" not found", StringComparison.Ordinal);
}
