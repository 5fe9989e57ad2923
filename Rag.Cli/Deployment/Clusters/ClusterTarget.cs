using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Rag.Cli.Processes;

namespace Rag.Cli.Deployment.Clusters;

/// <summary>Where a command is about to work, said before it changes anything.</summary>
/// <param name="Context">Of the kubeconfig; <c>in-cluster</c> for a pod with an account of its own.</param>
/// <param name="Server">The API server's address.</param>
/// <param name="ServerVersion">Such as <c>v1.33.2</c>.</param>
/// <param name="ServerMinor">33 then; 0 where the server does not say.</param>
/// <param name="ClientMinor">Of kubectl.</param>
internal sealed partial record ClusterTarget(string Context, string Server, string ServerVersion, int ServerMinor, int ClientMinor)
{
    /// <summary>What stands for the context where kubectl has no configuration but the account of the pod that it runs in.</summary>
    public const string InCluster = "in-cluster";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Asks kubectl and, through it, the cluster.</summary>
    /// <exception cref="CliException">kubectl is too old, knows no cluster, or the cluster does not answer.</exception>
    public static Task<ClusterTarget> FindAsync(Kubectl kubectl, CancellationToken cancellationToken) => FindAsync(kubectl, Patience, cancellationToken);

    /// <summary>The same with another limit to the cluster's answer.</summary>
    public static async Task<ClusterTarget> FindAsync(Kubectl kubectl, TimeSpan patience, CancellationToken cancellationToken)
    {
        var client = Versions(await kubectl.RequireAsync(["version", "--client", "-o", "json"], cancellationToken: cancellationToken)).Client;
        if (client.Minor is > 0 and < Kubectl.LowestMinor)
        {
            throw new CliException($"kubectl {client.Text} is too old.", $"Version 1.{Kubectl.LowestMinor} or later is needed: https://kubernetes.io/docs/tasks/tools/", ExitCode.Unavailable);
        }

        var configured = await kubectl.RunAsync(["config", "view", "--minify", "-o", "json"], cancellationToken: cancellationToken);
        if (!configured.Succeeded && !kubectl.MayUsePodAccount)
        {
            throw KubectlFailure.Of(configured, "config", context: null);
        }

        var (context, server) = configured.Succeeded ? Configured(configured.Output) : (InCluster, "the API server of this pod's cluster");
        var version = await kubectl.RunAsync(["version", "-o", "json", string.Create(CultureInfo.InvariantCulture, $"--request-timeout={patience.TotalSeconds:0}s")], limit: patience * 2, cancellationToken: cancellationToken);
        return version.Succeeded && Versions(version.Output).Server is { } known
            ? new ClusterTarget(context, server, known.Text, known.Minor, client.Minor)
            : throw Unreachable(version, context, server);
    }

    /// <summary>One line for people.</summary>
    public string Describe(string? kubeNamespace, string? environment) =>
        $"Context {Context} ({Server}, Kubernetes {ServerVersion.TrimStart('v')}){(kubeNamespace is null ? "" : $", namespace {kubeNamespace}")}{(environment is null ? "" : $", environment {environment}")}.";

    /// <summary>Holds it against the context that the values bind the environment to.</summary>
    /// <exception cref="CliException">It is another one.</exception>
    public void Require(string? wanted)
    {
        if (wanted is not null && wanted != Context)
        {
            throw new CliException($"The values bind this environment to the context {wanted} (cluster.context), and this is {Context}. Nothing was changed.", $"--context {wanted} takes that one; 'kubectl config get-contexts' lists those there are.");
        }
    }

    /// <summary>A warning where client and server are further apart than Kubernetes supports; null where they are not.</summary>
    public string? Skew => ServerMinor == 0 || ClientMinor == 0 || Math.Abs(ServerMinor - ClientMinor) <= 1 ? null
        : $"kubectl 1.{ClientMinor} and Kubernetes 1.{ServerMinor} are more than one version apart, which Kubernetes does not support. It may work all the same.";

    internal static ((string Text, int Minor) Client, (string Text, int Minor)? Server) Versions(string json) =>
        KubectlAnswer.Read("version", json, static root => (Version(root.GetProperty("clientVersion")), root.TryGetProperty("serverVersion", out var server) ? Version(server) : ((string Text, int Minor)?)null));

    // {"major":"1","minor":"30+","gitVersion":"v1.30.4-eks-a18cd3a"}; control planes of one's own build leave the minor version out.
    private static (string Text, int Minor) Version(JsonElement version)
    {
        var text = version.GetProperty("gitVersion").GetString()!;
        var minor = new string([.. (version.TryGetProperty("minor", out var said) ? said.GetString()! : "").TakeWhile(char.IsAsciiDigit)]);
        return (text, int.TryParse(minor, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || int.TryParse(MinorOf().Match(text).Groups["minor"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out number) ? number : 0);
    }

    private static (string Context, string Server) Configured(string json) => KubectlAnswer.Read("config", json, static root =>
    {
        var context = root.GetProperty("contexts") is { ValueKind: JsonValueKind.Array } contexts && contexts.GetArrayLength() > 0 ? contexts[0].GetProperty("name").GetString()! : "?";
        var server = root.GetProperty("clusters") is { ValueKind: JsonValueKind.Array } clusters && clusters.GetArrayLength() > 0 && clusters[0].GetProperty("cluster").TryGetProperty("server", out var address) ? address.GetString()! : "?";
        return (context, server);
    });

    // Without a server 'kubectl version' prints its own version, complains on standard error, and says whose fault it is on the last line.
    private static CliException Unreachable(ProgramResult result, string context, string server)
    {
        var known = KubectlFailure.Of(result, "version", context);
        return known.Remedy is null ? new CliException($"The cluster at {server} (context {context}) does not answer.", "'kubectl cluster-info' asks the same.", ExitCode.Unavailable) : known;
    }

    [GeneratedRegex(@"^v?1\.(?<minor>[0-9]+)", RegexOptions.None, 1000)]
    private static partial Regex MinorOf();
}
