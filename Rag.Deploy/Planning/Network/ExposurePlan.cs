using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Network;

/// <summary>
/// The way in: an Ingress or an HTTPRoute, one host for each workload that the app model calls external. Without anything that only one
/// controller knows: what it needs of that kind stands in the values' annotations.
/// </summary>
internal static class ExposurePlan
{
    private const string Component = "network";

    public static IEnumerable<PlannedObject> Of(PlanContext context) =>
        context.Has(Feature.Ingress) ? [Ingress(context)] : context.Has(Feature.Gateway) ? Hosts(context).Select(host => Route(context, host)) : [];

    private static PlannedObject Ingress(PlanContext context)
    {
        var values = context.Values.Exposure;
        var hosts = Hosts(context).ToList();
        return new PlannedObject(
            new Ingress
            {
                Metadata = context.Names.Meta(context.Values.Name, Component, annotations: Annotations(values)),
                Spec = new IngressSpec
                {
                    IngressClassName = values.IngressClass,
                    Tls = [new IngressTls([.. hosts.Select(static host => host.Name)], values.TlsSecret ?? $"{context.Values.Name}-tls")],
                    Rules =
                    [
                        .. hosts.Select(static host => new IngressRule(
                            host.Name, new HttpIngressRuleValue([new HttpIngressPath("/", "Prefix", new IngressBackend(new IngressServiceBackend(host.Service, new ServiceBackendPort(host.PortName))))]))),
                    ],
                },
            },
            "ingress");
    }

    private static PlannedObject Route(PlanContext context, ExposedHost host)
    {
        var values = context.Values.Exposure;
        return new PlannedObject(
            new HttpRoute
            {
                Metadata = context.Names.Meta(host.Service, Component, annotations: Annotations(values)),
                Spec = new HttpRouteSpec
                {
                    ParentRefs = [new ParentReference(values.Gateway.Name) { Namespace = values.Gateway.Namespace, SectionName = values.Gateway.Section }],
                    Hostnames = [host.Name],
                    Rules =
                    [
                        // Answers are streamed and large files uploaded: the services have limits of their own, a gateway's would cut them off.
                        new HttpRouteRule([new HttpRouteMatch(new HttpPathMatch("PathPrefix", "/"))], [new BackendRef(host.Service, host.Port)]) { Timeouts = new HttpRouteTimeouts("0s") },
                    ],
                },
            },
            "gateway");
    }

    /// <summary>The endpoint of a workload that the app model shows to the outside.</summary>
    public static string? Endpoint(WorkloadResource workload) =>
        workload.Bindings.FirstOrDefault(static pair => pair.Value is { External: true, Scheme: "http" or "https" }).Key;

    private static IEnumerable<ExposedHost> Hosts(PlanContext context) => context.Values.Exposure.Hosts.Select(host =>
    {
        var service = context.Services.First(candidate => candidate.Name == host.Key);
        var endpoint = Endpoint(service)!;
        return new ExposedHost(host.Value, Naming.Of(host.Key), WorkloadPorts.Of(context, service).ServiceNames[endpoint], Addresses.ServicePort(context.Manifest.File, service, endpoint));
    });

    private static Labels? Annotations(ExposureValues values) => values.Annotations.Count == 0 ? null : new Labels(values.Annotations);

    private sealed record ExposedHost(string Name, string Service, string PortName, int Port);
}
