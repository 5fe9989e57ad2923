using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Manifest;

/// <summary>Writes endpoints. Ports that nobody chose are counted up from 8000 over the whole manifest.</summary>
internal sealed class ManifestBindings
{
    private readonly HashSet<int> _used = [];
    private int _next = 8000;

    public OrderedDictionary<string, ManifestBinding>? For(IResource resource)
    {
        OrderedDictionary<string, ManifestBinding> bindings = [];
        HashSet<string> webSchemes = [];
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
        {
            var port = Chosen(endpoint.Port);
            var target = TargetPort(resource, endpoint, port, webSchemes);
            // Where neither is known, it is a project's http or https endpoint, whose ports the deployment chooses.
            var exposed = port ?? target;
            Use(exposed);
            Use(target);
            bindings[endpoint.Name] = new ManifestBinding
            {
                Scheme = endpoint.UriScheme,
                Protocol = EndpointAnnotation.ManifestName(endpoint.Protocol),
                Transport = endpoint.Transport,
                Port = exposed == target ? null : exposed,
                TargetPort = target,
                External = endpoint.IsExternal ? true : null,
            };
        }

        return bindings.Count > 0 ? bindings : null;
    }

    private int? TargetPort(IResource resource, EndpointAnnotation endpoint, int? port, HashSet<string> webSchemes)
    {
        if (Chosen(endpoint.TargetPort) is { } chosen)
        {
            Remember();
            return chosen;
        }

        switch (resource)
        {
            case ContainerResource when port is not null:
                return port;
            // The first endpoint of each scheme gets the port that the container image of the project has by default.
            case ProjectResource when EndpointAnnotation.IsHttp(endpoint.UriScheme) && webSchemes.Add(endpoint.UriScheme):
                return null;
            default:
                return Allocate();
        }

        void Remember()
        {
            if (resource is ProjectResource && EndpointAnnotation.IsHttp(endpoint.UriScheme))
            {
                webSchemes.Add(endpoint.UriScheme);
            }
        }
    }

    private int Allocate()
    {
        while (_used.Contains(_next))
        {
            _next++;
        }

        return _next;
    }

    private void Use(int? port)
    {
        if (port is { } number)
        {
            _used.Add(number);
        }
    }

    // Zero stands for "any".
    private static int? Chosen(int? port) => port is 0 ? null : port;
}
