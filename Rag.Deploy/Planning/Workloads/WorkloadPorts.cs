using System.Globalization;
using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;

namespace Rag.Deploy.Planning.Workloads;

/// <summary>
/// Ports of a workload by its endpoints. A Service has one for each number and protocol that an address may name, a container one for each that
/// is listened on: several of the first may lead to one of the second, and the same number in TCP and in UDP is two of both. Whoever names a
/// port asks here, because an endpoint that shares its port with another goes by the other's name.
/// </summary>
internal sealed class WorkloadPorts
{
    private readonly List<Endpoint> _endpoints = [];

    private WorkloadPorts(string file, WorkloadResource workload)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (endpoint, binding) in workload.Bindings.Where(pair => Addresses.Listening(workload, pair.Key) == pair.Key))
        {
            var next = new Endpoint(
                endpoint,
                Unique(endpoint, names),
                Addresses.ServicePort(file, workload, endpoint),
                Addresses.TargetPort(file, workload, endpoint),
                binding.Protocol == "udp" ? "UDP" : null,
                binding.Transport == "http2" ? "kubernetes.io/h2c" : null);
            if (_endpoints.Find(other => (other.Port, other.Protocol) == (next.Port, next.Protocol)) is { } first && first.Target != next.Target)
            {
                throw new ManifestException(
                    file,
                    workload.Name,
                    string.Create(CultureInfo.InvariantCulture, $"its endpoints '{first.Name}' and '{next.Name}' would both be port {next.Port} ({next.Protocol ?? "TCP"}) of its Service, and lead to {first.Target} and to {next.Target}."),
                    "Give one of them another port in the app host: WithEndpoint(port: ...).");
            }

            _endpoints.Add(next);
        }

        Container = [.. _endpoints.DistinctBy(static endpoint => (endpoint.Target, endpoint.Protocol)).Select(static endpoint => new ContainerPort(endpoint.PortName, endpoint.Target, endpoint.Protocol))];
        Service = [.. _endpoints.DistinctBy(static endpoint => (endpoint.Port, endpoint.Protocol)).Select(endpoint => new ServicePort(endpoint.PortName, endpoint.Port, Listening(endpoint).PortName)
        {
            Protocol = endpoint.Protocol,
            AppProtocol = endpoint.AppProtocol,
        })];
        ContainerNames = workload.Bindings.Keys.ToDictionary(static name => name, name => Listening(Of(workload, name)).PortName, StringComparer.Ordinal);
        ServiceNames = workload.Bindings.Keys.ToDictionary(static name => name, name => Answering(Of(workload, name)).PortName, StringComparer.Ordinal);
    }

    /// <summary>What its container declares.</summary>
    public IReadOnlyList<ContainerPort> Container { get; }

    /// <summary>What its Service has.</summary>
    public IReadOnlyList<ServicePort> Service { get; }

    /// <summary>Under which name the container declares the port of an endpoint.</summary>
    public IReadOnlyDictionary<string, string> ContainerNames { get; }

    /// <summary>Under which name the Service has the port of an endpoint.</summary>
    public IReadOnlyDictionary<string, string> ServiceNames { get; }

    /// <summary>Works them out.</summary>
    /// <exception cref="ManifestException">An endpoint has no port, or two would have to share one.</exception>
    public static WorkloadPorts Of(PlanContext context, WorkloadResource workload) => new(context.Manifest.File, workload);

    private Endpoint Of(WorkloadResource workload, string name) => _endpoints.First(endpoint => endpoint.Name == Addresses.Listening(workload, name));

    private Endpoint Listening(Endpoint endpoint) => _endpoints.First(other => (other.Target, other.Protocol) == (endpoint.Target, endpoint.Protocol));

    private Endpoint Answering(Endpoint endpoint) => _endpoints.First(other => (other.Port, other.Protocol) == (endpoint.Port, endpoint.Protocol));

    // Two endpoints may differ in what the name of a port has no place for, such as upper and lower case.
    private static string Unique(string endpoint, HashSet<string> taken)
    {
        var name = ServicePlan.PortName(endpoint);
        for (var i = 0; !taken.Add(name); i++)
        {
            name = ServicePlan.PortName(endpoint, string.Create(CultureInfo.InvariantCulture, $"{endpoint} {i}"));
        }

        return name;
    }

    private sealed record Endpoint(string Name, string PortName, int Port, int Target, string? Protocol, string? AppProtocol);
}
