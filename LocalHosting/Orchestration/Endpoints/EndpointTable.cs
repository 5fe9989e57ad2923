using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration.Endpoints;

/// <summary>Gives every endpoint of the model its address for this run, and holds the proxies.</summary>
internal sealed class EndpointTable(PortMemory memory, bool randomPorts, Action<string> log) : IAsyncDisposable
{
    private const string Loopback = "127.0.0.1";

    private readonly Dictionary<EndpointAnnotation, EndpointProxy> _proxies = [];

    /// <summary>Allocates the endpoints of a resource whose process this host starts behind proxies.</summary>
    public void AllocateForProcess(IResource resource)
    {
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
        {
            if (!endpoint.IsProxied || endpoint.Protocol != ProtocolType.Tcp)
            {
                AllocateDirectly(resource, endpoint, "localhost");
                continue;
            }

            var key = Key(resource, endpoint);
            var wanted = randomPorts ? null : endpoint.Port ?? memory.Recall(key);
            // Nobody asked for a remembered port: that it is taken now is no news.
            var listener = LoopbackListener.Open(wanted, Describe(resource, endpoint), endpoint.Port is null ? static _ => { } : log);
            _proxies.Add(endpoint, new EndpointProxy(listener));
            if (!randomPorts && endpoint.Port is null)
            {
                memory.Remember(key, listener.Port);
            }

            endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, "localhost", listener.Port);
        }
    }

    /// <summary>Allocates the endpoints of a server, which listens on the public port itself: one hop less for every query.</summary>
    public void AllocateForServer(IResource resource)
    {
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
        {
            AllocateDirectly(resource, endpoint, Loopback);
        }
    }

    public EndpointProxy? ProxyOf(EndpointAnnotation endpoint) => _proxies.GetValueOrDefault(endpoint);

    /// <summary>The port that one instance is to listen on.</summary>
    public int TargetPortOf(EndpointAnnotation endpoint, int replicas) => !_proxies.ContainsKey(endpoint)
        ? endpoint.AllocatedEndpoint!.Port
        : replicas == 1 && endpoint.TargetPort is { } fixedPort ? fixedPort : Native.FreePort.Next();

    public async ValueTask DisposeAsync()
    {
        foreach (var proxy in _proxies.Values)
        {
            await proxy.DisposeAsync();
        }

        _proxies.Clear();
    }

    private void AllocateDirectly(IResource resource, EndpointAnnotation endpoint, string address)
    {
        var key = Key(resource, endpoint);
        // A proxied endpoint's target port belongs to the container's inside; an unproxied one is the process' own number.
        var given = endpoint.Port;
        var wanted = randomPorts && endpoint.IsProxied ? null : given ?? memory.Recall(key);
        int port;
        using (var listener = LoopbackListener.Open(wanted, Describe(resource, endpoint), given is null ? static _ => { } : log))
        {
            port = listener.Port;
        }

        if (!randomPorts && given is null)
        {
            memory.Remember(key, port);
        }

        endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, address, port);
    }

    private static string Key(IResource resource, EndpointAnnotation endpoint) => $"{resource.Name}/{endpoint.Name}";

    private static string Describe(IResource resource, EndpointAnnotation endpoint) => $"endpoint '{endpoint.Name}' of '{resource.Name}'";
}
