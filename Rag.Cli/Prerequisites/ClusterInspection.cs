using Rag.Cli.Deployment.Clusters;
using Rag.Cli.Deployment.Diagnosis;

namespace Rag.Cli.Prerequisites;

/// <summary>What deploying to a cluster needs. None of it is missed by those who run everything on one machine.</summary>
internal static class ClusterInspection
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    public static async Task<IReadOnlyList<Finding>> LookAsync(CliContext context, CancellationToken cancellationToken)
    {
        if (Kubectl.FindProgram(context) is not { } program)
        {
            return [new Finding("kubectl", FindingState.Optional, "not found (for deploying to Kubernetes)", "Not needed on one machine. Install it: https://kubernetes.io/docs/tasks/tools/")];
        }

        var kubectl = Kubectl.Find(context, clusterContext: null);
        var client = await kubectl.RunAsync(["version", "--client", "-o", "json"], limit: Patience, cancellationToken: cancellationToken);
        if (!client.Succeeded)
        {
            return [new Finding("kubectl", FindingState.Optional, $"{program} is there but does not run", $"Try '{program} version --client'.")];
        }

        (string Text, int Minor) version;
        try
        {
            version = ClusterTarget.Versions(client.Output).Client;
        }
        catch (CliException exception)
        {
            return [new Finding("kubectl", FindingState.Optional, exception.Message, exception.Remedy)];
        }

        var found = version.Minor is > 0 and < Kubectl.LowestMinor
            ? new Finding("kubectl", FindingState.Optional, $"{version.Text} is too old", $"1.{Kubectl.LowestMinor} or later is needed to deploy to Kubernetes.")
            : new Finding("kubectl", FindingState.Found, $"{version.Text.TrimStart('v')} ({program})");
        return [found, .. await LookAtClusterAsync(kubectl, cancellationToken)];
    }

    private static async Task<IReadOnlyList<Finding>> LookAtClusterAsync(Kubectl kubectl, CancellationToken cancellationToken)
    {
        const string name = "Cluster";
        try
        {
            var target = await ClusterTarget.FindAsync(kubectl, Patience, cancellationToken);
            var reached = new Finding(name, FindingState.Found, target.Describe(kubeNamespace: null, environment: null) + (target.Skew is { } skew ? $" {skew}" : ""));
            return await kubectl.TryListAsync("storageclasses", cancellationToken) is { } classes ? [reached, Storage(ApiJson.Of<ApiStorageClass>(classes, "StorageClass"))] : [reached];
        }
        catch (CliException exception)
        {
            return [new Finding(name, FindingState.Optional, exception.Message, exception.Remedy)];
        }
    }

    private static Finding Storage(IReadOnlyList<ApiStorageClass> classes) => StorageProblems.Of("of a store", wanted: null, classes) is { } problem
        ? new Finding("Storage", FindingState.Optional, problem.What, problem.Fix)
        : new Finding("Storage", FindingState.Found, $"default class {classes.First(static one => one.IsDefault).Metadata.Name}");
}
