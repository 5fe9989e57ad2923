using System.Globalization;
using System.Text.Json;
using Rag.Cli.Processes;

namespace Rag.Cli.Deployment.Clusters;

/// <summary>Where a command is about to work, said before it changes anything.</summary>
/// <param name="Context">Of the kubeconfig.</param>
/// <param name="Server">The API server's address.</param>
/// <param name="ServerVersion">Such as <c>v1.33.2</c>.</param>
/// <param name="ServerMinor">33 then.</param>
/// <param name="ClientMinor">Of kubectl.</param>
internal sealed record ClusterTarget(string Context, string Server, string ServerVersion, int ServerMinor, int ClientMinor)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Asks kubectl and, through it, the cluster.</summary>
    /// <exception cref="CliException">kubectl is too old, knows no cluster, or the cluster does not answer.</exception>
    public static Task<ClusterTarget> FindAsync(Kubectl kubectl, CancellationToken cancellationToken) => FindAsync(kubectl, Patience, cancellationToken);

    /// <summary>The same with another limit to the cluster's answer.</summary>
    public static async Task<ClusterTarget> FindAsync(Kubectl kubectl, TimeSpan patience, CancellationToken cancellationToken)
    {
        var client = Versions(await kubectl.RequireAsync(["version", "--client", "-o", "json"], cancellationToken: cancellationToken)).Client;
        if (client.Minor < Kubectl.LowestMinor)
        {
            throw new CliException($"kubectl {client.Text} is too old.", $"Version 1.{Kubectl.LowestMinor} or later is needed: https://kubernetes.io/docs/tasks/tools/", ExitCode.Unavailable);
        }

        var (context, server) = Configured(await kubectl.RequireAsync(["config", "view", "--minify", "-o", "json"], cancellationToken: cancellationToken));
        var version = await kubectl.RunAsync(["version", "-o", "json", string.Create(CultureInfo.InvariantCulture, $"--request-timeout={patience.TotalSeconds:0}s")], limit: patience * 2, cancellationToken: cancellationToken);
        return version.Succeeded && Versions(version.Output).Server is { } known
            ? new ClusterTarget(context, server, known.Text, known.Minor, client.Minor)
            : throw Unreachable(version, context, server);
    }

    /// <summary>One line for people.</summary>
    public string Describe(string? kubeNamespace, string? environment) =>
        $"Context {Context} ({Server}, Kubernetes {ServerVersion.TrimStart('v')}){(kubeNamespace is null ? "" : $", namespace {kubeNamespace}")}{(environment is null ? "" : $", environment {environment}")}.";

    /// <summary>A warning where client and server are further apart than Kubernetes supports; null where they are not.</summary>
    public string? Skew => Math.Abs(ServerMinor - ClientMinor) <= 1 ? null
        : $"kubectl 1.{ClientMinor} and Kubernetes 1.{ServerMinor} are more than one version apart, which Kubernetes does not support. It may work all the same.";

    internal static ((string Text, int Minor) Client, (string Text, int Minor)? Server) Versions(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        return (Version(root.GetProperty("clientVersion")), root.TryGetProperty("serverVersion", out var server) ? Version(server) : null);
    }

    // {"major":"1","minor":"30+","gitVersion":"v1.30.4-eks-a18cd3a"}
    private static (string Text, int Minor) Version(JsonElement version)
    {
        var minor = new string([.. version.GetProperty("minor").GetString()!.TakeWhile(char.IsAsciiDigit)]);
        return (version.GetProperty("gitVersion").GetString()!, int.Parse(minor, CultureInfo.InvariantCulture));
    }

    private static (string Context, string Server) Configured(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        var context = root.GetProperty("contexts") is { ValueKind: JsonValueKind.Array } contexts && contexts.GetArrayLength() > 0 ? contexts[0].GetProperty("name").GetString()! : "?";
        var server = root.GetProperty("clusters") is { ValueKind: JsonValueKind.Array } clusters && clusters.GetArrayLength() > 0 && clusters[0].GetProperty("cluster").TryGetProperty("server", out var address) ? address.GetString()! : "?";
        return (context, server);
    }

    // Without a server 'kubectl version' prints its own version, complains on standard error, and says whose fault it is on the last line.
    private static CliException Unreachable(ProgramResult result, string context, string server)
    {
        var known = KubectlFailure.Of(result, "version", context);
        return known.Remedy is null ? new CliException($"The cluster at {server} (context {context}) does not answer.", "'kubectl cluster-info' asks the same.", ExitCode.Unavailable) : known;
    }
}
