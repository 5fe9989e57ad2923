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
            var listener = LoopbackListener.Open(wanted, Describe(resource, endpoint), log);
            _proxies.Add(endpoint, new EndpointProxy(listener));
            RememberFirst(key, endpoint, wanted, listener.Port);

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
        using (var listener = LoopbackListener.Open(wanted, Describe(resource, endpoint), log))
        {
            port = listener.Port;
        }

        RememberFirst(key, endpoint, wanted, port);

        endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, address, port);
    }

    // A remembered port that is taken is given up for this run only: bookmarks and clients go on knowing it.
    private void RememberFirst(string key, EndpointAnnotation endpoint, int? wanted, int port)
    {
        if (!randomPorts && endpoint.Port is null && wanted is null)
        {
            memory.Remember(key, port);
        }
    }

    private static string Key(IResource resource, EndpointAnnotation endpoint) => $"{resource.Name}/{endpoint.Name}";

    private static string Describe(IResource resource, EndpointAnnotation endpoint) => $"endpoint '{endpoint.Name}' of '{resource.Name}'";
}
