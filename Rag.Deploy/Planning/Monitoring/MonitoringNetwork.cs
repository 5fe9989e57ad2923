using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Network;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Monitoring;

/// <summary>The edges of the monitoring: services to the collector, Prometheus to the collector, the collector to where telemetry goes on to.</summary>
internal static class MonitoringNetwork
{
    private static readonly string[] BothWays = ["Ingress", "Egress"];
    private static readonly IReadOnlyList<NetworkPolicyPort> Scraped = [new NetworkPolicyPort(CollectorPlan.MetricsPort), new NetworkPolicyPort(CollectorPlan.OwnMetricsPort)];

    /// <summary>What a service may reach.</summary>
    public static IEnumerable<NetworkPolicyEgressRule> FromService(PlanContext context, WorkloadResource service) =>
        Telemetry.IsOn(context, service) ? [new NetworkPolicyEgressRule { To = [Own(context, CollectorPlan.Name)], Ports = [new NetworkPolicyPort(CollectorPlan.GrpcPort)] }] : [];

    /// <summary>Policies of the monitoring's own pods.</summary>
    public static IEnumerable<PlannedObject> Policies(PlanContext context)
    {
        if (!context.Has(Feature.Monitoring))
        {
            yield break;
        }

        var values = context.Values.Monitoring;
        var senders = context.Services.Where(service => Telemetry.IsOn(context, service)).Select(service => Own(context, Naming.Of(service.Name))).ToList();
        var scraper = values.Mode == MonitoringMode.Bundled ? Own(context, PrometheusPlan.Name) : NetworkPolicyPlan.Namespace(values.FromNamespace);
        NetworkPolicyIngressRule[] incoming =
        [
            .. senders.Count == 0 ? [] : new[] { new NetworkPolicyIngressRule { From = senders, Ports = [new NetworkPolicyPort(CollectorPlan.GrpcPort)] } },
            new NetworkPolicyIngressRule { From = [scraper], Ports = Scraped },
        ];
        yield return Policy(context, CollectorPlan.Name, incoming, values.Collector.Otlp is { } otlp ? [Forwarded(otlp)] : []);
        if (values.Mode == MonitoringMode.Bundled)
        {
            yield return Policy(
                context, PrometheusPlan.Name,
                // Whoever draws the dashboards asks from there.
                [new NetworkPolicyIngressRule { From = [NetworkPolicyPlan.Namespace(values.FromNamespace)], Ports = [new NetworkPolicyPort(PrometheusPlan.Port)] }],
                [
                    new NetworkPolicyEgressRule { To = [Own(context, CollectorPlan.Name)], Ports = Scraped },
                    .. new[] { values.Prometheus.KubeStateMetrics, values.Prometheus.Alertmanager }.OfType<string>().Select(InCluster),
                ]);
        }
    }

    private static PlannedObject Policy(PlanContext context, string name, NetworkPolicyIngressRule[] ingress, NetworkPolicyEgressRule[] egress) => NetworkPolicyPlan.Policy(context, name, new NetworkPolicySpec
    {
        PodSelector = new LabelSelector { MatchLabels = context.Names.Selector(name) },
        PolicyTypes = BothWays,
        Ingress = ingress.Length == 0 ? null : ingress,
        Egress = egress.Length == 0 ? null : egress,
    });

    private static NetworkPolicyPeer Own(PlanContext context, string name) => NetworkPolicyPlan.Pods(context.Names.Selector(name));

    private static NetworkPolicyEgressRule Forwarded(OtlpValues otlp)
    {
        var receiver = new Uri(otlp.Endpoint);
        return otlp.Namespace is { } name
            ? new NetworkPolicyEgressRule { To = [ByName(name)], Ports = [new NetworkPolicyPort(receiver.Port)] }
            : NetworkPolicyPlan.Outside(receiver.Host, otlp.Cidr, [receiver.Port]);
    }

    // service.namespace:port; what listens behind a Service listens on the same port for all that are meant here.
    private static NetworkPolicyEgressRule InCluster(string address)
    {
        var parts = address.Split('.', ':');
        return new NetworkPolicyEgressRule { To = [ByName(parts[1])], Ports = [new NetworkPolicyPort(int.Parse(parts[^1], System.Globalization.CultureInfo.InvariantCulture))] };
    }

    private static NetworkPolicyPeer ByName(string @namespace) => NetworkPolicyPlan.Namespace([new("kubernetes.io/metadata.name", @namespace)]);
}
