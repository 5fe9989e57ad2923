using System.Net;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration.Endpoints;

namespace Aspire.Hosting.Orchestration.Resources;

/// <summary>One of the processes of a resource.</summary>
internal sealed class Instance(IResource resource, int number, int replicas)
{
    private readonly Dictionary<EndpointAnnotation, int> _targetPorts = [];

    /// <summary>The resource's name, with a number where there are several.</summary>
    public string Id { get; } = replicas == 1 ? resource.Name : $"{resource.Name}-{number}";

    /// <summary>Changes with every start: what was measured of an earlier process says nothing of this one.</summary>
    public int Epoch { get; private set; }

    /// <summary>Set while the process lives.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>New ports for a new process; the old ones may still be in use by somebody else by now.</summary>
    public void ChoosePorts(EndpointTable endpoints)
    {
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
        {
            _targetPorts[endpoint] = endpoints.TargetPortOf(endpoint, replicas);
        }
    }

    public int? TargetPortOf(EndpointAnnotation endpoint) => _targetPorts.TryGetValue(endpoint, out var port) ? port : null;

    public void Started(EndpointTable endpoints)
    {
        Epoch++;
        IsRunning = true;
        foreach (var (endpoint, port) in _targetPorts)
        {
            endpoints.ProxyOf(endpoint)?.Add(new IPEndPoint(IPAddress.Loopback, port));
        }
    }

    public void Ended(EndpointTable endpoints)
    {
        IsRunning = false;
        foreach (var (endpoint, port) in _targetPorts)
        {
            endpoints.ProxyOf(endpoint)?.Remove(new IPEndPoint(IPAddress.Loopback, port));
        }
    }
}
