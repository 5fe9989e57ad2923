using System.Globalization;
using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Network;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Workloads;

/// <summary>
/// A container that runs before a program which gives up where its database is not there yet, and waits. It is off by default: a program that
/// tries again starts sooner, and says better what it lacks.
/// </summary>
internal static class WaitPlan
{
    /// <summary>Of the container; also what the values name its image's override and digest by.</summary>
    public const string Name = "wait";

    // Whoever looks at a pod that does not start reads the last line.
    private const string Script =
        """
        end=$(($(date +%s) + TIMEOUT))
        for target; do
          until nc -z -w 2 "${target%:*}" "${target##*:}"; do
            if [ "$(date +%s)" -ge "$end" ]; then echo "$target did not accept a connection within $TIMEOUT s."; exit 1; fi
            echo "Waiting for $target."
            sleep 2
          done
        done
        """;

    private static readonly ResourceValues Resources = new()
    {
        Requests = new() { Cpu = "10m", Memory = "16Mi", EphemeralStorage = "16Mi" },
        Limits = new() { Cpu = "100m", Memory = "32Mi", EphemeralStorage = "64Mi" },
    };

    public static Container? Of(PlanContext context, WorkloadResource workload, WorkloadSettings settings)
    {
        if (settings.Own.WaitFor is not { } values || Targets(context, workload) is not { Count: > 0 } targets)
        {
            return null;
        }

        return new Container
        {
            Name = Name,
            Image = context.Image(Name, values.Image),
            ImagePullPolicy = context.Values.Images.PullPolicy.ToString(),
            // The script's own name stands before its arguments.
            Command = ["sh", "-c", Script, Name],
            Args = targets,
            Env = [new EnvVar("TIMEOUT") { Value = values.TimeoutSeconds.ToString(CultureInfo.InvariantCulture) }],
            Resources = PodParts.Resources(Resources),
            SecurityContext = PodSecurity.Container(settings.User),
        };
    }

    /// <summary>Where the workload will connect to, as host:port.</summary>
    public static IReadOnlyList<string> Targets(PlanContext context, WorkloadResource workload) =>
    [
        .. NetworkEdge.Of(context, workload)
            .Where(edge => Addresses.Binding(context.Manifest.File, edge.To, edge.Endpoint).Protocol != "udp")
            .Select(edge => string.Create(CultureInfo.InvariantCulture, $"{context.Host(edge.To)}:{Addresses.ServicePort(context.Manifest.File, edge.To, edge.Endpoint)}"))
            .Distinct(),
    ];
}
