using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Workloads;

/// <summary>
/// Three probes on three paths. A start may take long, so it has a probe of its own; readiness is asked often, because requests go to whoever
/// is ready; liveness is asked rarely and never looks at a dependency, or one store that is away would restart everything at once.
/// </summary>
internal sealed record Probing(Probe? Startup, Probe? Readiness, Probe? Liveness)
{
    private const int StartupPeriod = 2;

    /// <summary>Nothing to ask.</summary>
    public static Probing None { get; } = new(null, null, null);

    public static Probing Of(WorkloadResource workload, WorkloadPorts ports, ProbeValues values)
    {
        if (values.Kind == ProbeKind.None || (values.Endpoint ?? Endpoint(workload, values.Kind)) is not { } name)
        {
            return None;
        }

        var endpoint = ports.ContainerNames[name];
        Probe Ask(string path) => values.Kind == ProbeKind.Tcp
            ? new Probe { TcpSocket = new TcpSocketAction(endpoint) }
            : new Probe { HttpGet = new HttpGetAction(path, endpoint) };
        return Of(Ask(values.Startup), Ask(values.Readiness), Ask(values.Liveness), values.StartupSeconds);
    }

    // Nodes ask by TCP only, and where they send a request it is one of HTTP/1.1, which an endpoint for HTTP/2 alone does not answer.
    private static string? Endpoint(WorkloadResource workload, ProbeKind kind)
    {
        var endpoints = workload.Bindings.Where(static binding => binding.Value.Protocol != "udp").ToList();
        return kind == ProbeKind.Http && endpoints.Find(static binding => binding.Value.Transport == "http").Key is { } http ? http : endpoints.FirstOrDefault().Key;
    }

    /// <summary>Gives three questions their times.</summary>
    public static Probing Of(Probe startup, Probe readiness, Probe liveness, int startupSeconds) => new(
        startup with { PeriodSeconds = StartupPeriod, TimeoutSeconds = 2, FailureThreshold = Math.Max(1, startupSeconds / StartupPeriod) },
        readiness with { PeriodSeconds = 5, TimeoutSeconds = 2, FailureThreshold = 2 },
        liveness with { PeriodSeconds = 10, TimeoutSeconds = 5, FailureThreshold = 3 });
}
