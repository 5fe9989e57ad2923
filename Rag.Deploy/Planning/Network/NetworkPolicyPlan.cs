using System.Net;
using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Inference;
using Rag.Deploy.Planning.Monitoring;
using Rag.Deploy.Planning.Originals;
using Rag.Deploy.Planning.Stores;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Network;

/// <summary>
/// Nothing may talk to anything, but for DNS, the edges of the app model and what the values name. Each workload has one policy for both
/// directions, so that whoever reads it sees everything about it. Probes come from the node and are always allowed.
/// </summary>
internal static class NetworkPolicyPlan
{
    private const string Component = "network";
    private const string File = "network-policies";
    private static readonly string[] BothWays = ["Ingress", "Egress"];

    // Addresses that are nobody's outside: what "everything outside" leaves out, so that it is no way to other pods and to node metadata.
    private static readonly string[] PrivateRanges = ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"];

    public static IEnumerable<PlannedObject> Of(PlanContext context)
    {
        if (!context.Has(Feature.NetworkPolicies))
        {
            yield break;
        }

        yield return Policy(context, "default-deny", new NetworkPolicySpec { PodSelector = new LabelSelector(), PolicyTypes = BothWays });
        yield return Policy(context, "allow-dns", new NetworkPolicySpec { PodSelector = new LabelSelector(), PolicyTypes = ["Egress"], Egress = [Dns(context.Values.Network.Dns)] });
        var edges = new AllEdges(NetworkEdge.All(context), PlatformEdge.All(context));
        foreach (var store in context.Stores.Where(static store => store.Values.Mode == StoreMode.Bundled))
        {
            yield return Of(context, store.Container, edges, [.. Peers(context, store), .. ByThePlatform(context, store, StorePlan.ContainerPorts(context, store).Select(static port => port.ContainerPortNumber))], [.. Peers(context, store).Select(static rule => new NetworkPolicyEgressRule { To = rule.From, Ports = rule.Ports })]);
        }

        foreach (var part in edges.Parts(context))
        {
            yield return OfPart(context, part, edges);
        }

        foreach (var store in context.Stores.Where(static store => store.Values.Mode == StoreMode.Operator))
        {
            yield return OfOperator(context, store, edges);
        }

        foreach (var service in context.Services)
        {
            var settings = WorkloadSettings.For(context, service);
            yield return Of(context, service, edges, Exposed(context, service), [.. Outgoing(context, service, edges), .. MonitoringNetwork.FromService(context, service), .. OriginalsPlan.Outside(context, service), .. settings.Own.Egress.Select(Outside)]);
        }

        foreach (var policy in MonitoringNetwork.Policies(context))
        {
            yield return policy;
        }
    }

    /// <summary>A policy of its own for something that a part of the platform adds.</summary>
    public static PlannedObject Policy(PlanContext context, string name, NetworkPolicySpec spec, string file = File) =>
        new(new NetworkPolicy { Metadata = context.Names.Meta(context.Values.Name, Component, name), Spec = spec }, file);

    /// <summary>Pods of this namespace.</summary>
    public static NetworkPolicyPeer Pods(Labels labels) => new() { PodSelector = new LabelSelector { MatchLabels = labels } };

    /// <summary>All pods of the namespaces with these labels; without labels of any namespace.</summary>
    public static NetworkPolicyPeer Namespace(IEnumerable<KeyValuePair<string, string>> labels)
    {
        var wanted = new Labels(labels);
        return new() { NamespaceSelector = new LabelSelector { MatchLabels = wanted.Count == 0 ? null : wanted } };
    }

    /// <summary>Addresses outside of the cluster, or pods of another namespace.</summary>
    public static NetworkPolicyEgressRule Outside(EgressValues egress) => To(
        egress.Namespace is { } name
            ? [Namespace([new("kubernetes.io/metadata.name", name)]) with { PodSelector = egress.Pods.Count == 0 ? null : new LabelSelector { MatchLabels = new Labels(egress.Pods) } }]
            : [new NetworkPolicyPeer { IpBlock = new IpBlock(egress.Cidr!) { Except = egress.Cidr == "0.0.0.0/0" ? PrivateRanges : null } }],
        egress.Ports);

    /// <summary>
    /// Something that is reached by a name or an address. A policy knows no names, and what a platform uses elsewhere is nearly always at a private
    /// address: a name without a range is reached wherever it is, at its ports and no others.
    /// </summary>
    public static NetworkPolicyEgressRule Outside(string host, string? cidr, IEnumerable<int> ports) =>
        To((cidr ?? Range(host)) is { } range ? [new NetworkPolicyPeer { IpBlock = new IpBlock(range) }] : null, ports);

    private static NetworkPolicyEgressRule To(IReadOnlyList<NetworkPolicyPeer>? peers, IEnumerable<int> ports) => new() { To = peers, Ports = [.. ports.Select(static port => new NetworkPolicyPort(port))] };

    private static string? Range(string host) => IPAddress.TryParse(host, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8).ToString() : null;

    private static NetworkPolicyEgressRule Dns(DnsValues values) => new()
    {
        To =
        [
            Namespace(values.Namespace) with { PodSelector = values.PodLabels.Count == 0 ? null : new LabelSelector { MatchLabels = new Labels(values.PodLabels) } },
            .. values.Cidr is { } cidr ? [new NetworkPolicyPeer { IpBlock = new IpBlock(cidr) }] : Array.Empty<NetworkPolicyPeer>(),
        ],
        Ports = [.. values.Ports.SelectMany(static port => new[] { new NetworkPolicyPort(port, "UDP"), new NetworkPolicyPort(port) })],
    };

    private static PlannedObject Of(
        PlanContext context, WorkloadResource workload, AllEdges edges, IReadOnlyList<NetworkPolicyIngressRule> ingress, IReadOnlyList<NetworkPolicyEgressRule> egress)
    {
        var name = Naming.Of(workload.Name);
        NetworkPolicyIngressRule[] incoming = [.. Incoming(context, workload, edges), .. ingress];
        return Policy(context, name, new NetworkPolicySpec
        {
            PodSelector = new LabelSelector { MatchLabels = context.Names.Selector(name) },
            PolicyTypes = BothWays,
            Ingress = incoming.Length == 0 ? null : incoming,
            Egress = egress.Count == 0 ? null : egress,
        });
    }

    // What a part of the platform adds takes connections only where another part or a service is said to open them.
    private static PlannedObject OfPart(PlanContext context, string name, AllEdges edges)
    {
        NetworkPolicyIngressRule[] incoming = [.. IncomingOfParts(context, name, edges)];
        NetworkPolicyEgressRule[] outgoing = [.. OutgoingOfParts(context, name, edges), .. InferencePlan.Outside(context, name).Select(Outside), .. BackupPlan.Outside(context, name)];
        return Policy(context, name, new NetworkPolicySpec
        {
            PodSelector = new LabelSelector { MatchLabels = context.Names.Selector(name) },
            PolicyTypes = BothWays,
            Ingress = incoming.Length == 0 ? null : incoming,
            Egress = outgoing.Length == 0 ? null : outgoing,
        });
    }

    private static IEnumerable<NetworkPolicyIngressRule> IncomingOfParts(PlanContext context, string name, AllEdges edges) => edges.OfPlatform
        .Where(edge => edge.To == name)
        .GroupBy(static edge => edge.From)
        .Select(group => new NetworkPolicyIngressRule { From = [Pods(context.Names.Selector(Naming.Of(group.Key)))], Ports = [.. group.Select(static edge => new NetworkPolicyPort(edge.Port)).Distinct()] });

    private static IEnumerable<NetworkPolicyEgressRule> OutgoingOfParts(PlanContext context, string name, AllEdges edges) => edges.OfPlatform
        .Where(edge => edge.From == name)
        .GroupBy(static edge => edge.To)
        .Select(group => context.Store(group.Key) is { } store
            ? To(context, store, group.Select(static edge => edge.Port).Distinct())
            : new NetworkPolicyEgressRule { To = [Pods(context.Names.Selector(Naming.Of(group.Key)))], Ports = [.. group.Select(static edge => new NetworkPolicyPort(edge.Port)).Distinct()] });

    private static IEnumerable<NetworkPolicyIngressRule> Incoming(PlanContext context, WorkloadResource workload, AllEdges edges) => edges.OfModel
        .Where(edge => edge.To.Name == workload.Name)
        .GroupBy(static edge => edge.From.Name)
        .Select(group => new NetworkPolicyIngressRule
        {
            From = [Pods(context.Names.Selector(Naming.Of(group.Key)))],
            Ports = PortsOf(context, group),
        })
        .Concat(IncomingOfParts(context, workload.Name, edges));

    private static IEnumerable<NetworkPolicyEgressRule> Outgoing(PlanContext context, WorkloadResource service, AllEdges edges) => edges.OfModel
        .Where(edge => edge.From.Name == service.Name)
        .GroupBy(static edge => edge.To.Name)
        .Select(group => context.Store(group.Key) is { } store
            ? To(context, store, group.Select(edge => Addresses.TargetPort(context.Manifest.File, edge.To, edge.Endpoint)).Distinct())
            : new NetworkPolicyEgressRule { To = [Pods(context.Names.Selector(Naming.Of(group.Key)))], Ports = PortsOf(context, group) })
        .Concat(OutgoingOfParts(context, service.Name, edges));

    // Where a store is depends on its mode; what it listens on elsewhere is what its Service says.
    private static NetworkPolicyEgressRule To(PlanContext context, StoreResource store, IEnumerable<int> targetPorts) => store.Values.Mode switch
    {
        StoreMode.External => Outside(store.Values.Host!, store.Values.Cidr, StorePlan.Ports(context, store).Select(static port => port.Port).Distinct()),
        StoreMode.Operator => new NetworkPolicyEgressRule { To = [Pods(PostgresOperatorPlan.PodLabels(store))], Ports = [new NetworkPolicyPort(PostgresOperatorPlan.Port)] },
        _ => new NetworkPolicyEgressRule { To = [Pods(context.Names.Selector(Naming.Of(store.Name)))], Ports = [.. targetPorts.Select(static port => new NetworkPolicyPort(port))] },
    };

    // Operators outside of the namespace.
    private static IEnumerable<NetworkPolicyIngressRule> ByThePlatform(PlanContext context, StoreResource store, IEnumerable<int> ports)
    {
        if (context.Has(Feature.Keda) && context.Values.Services.Values.Any(service => service is { QueueScaling: not null, Queue: { } queue } && queue.Store == store.Name))
        {
            yield return new NetworkPolicyIngressRule { From = [Namespace(context.Values.Network.KedaNamespace)], Ports = [.. ports.Select(static port => new NetworkPolicyPort(port))] };
        }
    }

    private static IReadOnlyList<NetworkPolicyPort> PortsOf(PlanContext context, IEnumerable<NetworkEdge> edges) =>
        [.. edges.Select(edge => PortOf(context, edge.To, edge.Endpoint)).Distinct()];

    private static NetworkPolicyPort PortOf(PlanContext context, WorkloadResource workload, string endpoint) => new(
        Addresses.TargetPort(context.Manifest.File, workload, endpoint),
        Addresses.Binding(context.Manifest.File, workload, endpoint).Protocol == "udp" ? "UDP" : "TCP");

    private static NetworkPolicyIngressRule[] Peers(PlanContext context, StoreResource store)
    {
        var own = Pods(context.Names.Selector(Naming.Of(store.Name)));
        return store switch
        {
            { Kind: StoreKind.Qdrant, Values.Replicas: > 1 } => [new NetworkPolicyIngressRule { From = [own], Ports = [new NetworkPolicyPort(QdrantPlan.PeerPort)] }],
            { Kind: StoreKind.Redis, Values.Replicas: > 1 } => [new NetworkPolicyIngressRule { From = [own], Ports = [new NetworkPolicyPort(RedisPlan.Port)] }],
            _ => [],
        };
    }

    private static NetworkPolicyIngressRule[] Exposed(PlanContext context, WorkloadResource service)
    {
        var values = context.Values.Exposure;
        if (values.Kind == ExposureKind.None || !values.Hosts.ContainsKey(service.Name))
        {
            return [];
        }

        var ports = service.Bindings.Where(static pair => pair.Value.External)
            .Select(pair => PortOf(context, service, pair.Key)).Distinct().ToList();
        return [new NetworkPolicyIngressRule { From = [Namespace(values.FromNamespace)], Ports = ports }];
    }

    // The operator asks its pods for their state, they copy from one another, and each tells the cluster's API who is primary.
    private static PlannedObject OfOperator(PlanContext context, StoreResource store, AllEdges edges)
    {
        var pods = Pods(PostgresOperatorPlan.PodLabels(store));
        NetworkPolicyPort[] database = [new NetworkPolicyPort(PostgresOperatorPlan.Port)];
        return Policy(context, Naming.Of(store.Name), new NetworkPolicySpec
        {
            PodSelector = pods.PodSelector!,
            PolicyTypes = BothWays,
            Ingress =
            [
                .. Incoming(context, store.Container, edges).Select(rule => rule with { Ports = database }),
                .. ByThePlatform(context, store, [PostgresOperatorPlan.Port]),
                new NetworkPolicyIngressRule { From = [pods], Ports = [.. database, new NetworkPolicyPort(8000)] },
                new NetworkPolicyIngressRule { From = [Namespace(context.Values.Network.OperatorNamespace)], Ports = [.. database, new NetworkPolicyPort(8000)] },
            ],
            Egress =
            [
                new NetworkPolicyEgressRule { To = [pods], Ports = [.. database, new NetworkPolicyPort(8000)] },
                new NetworkPolicyEgressRule { Ports = [new NetworkPolicyPort(443), new NetworkPolicyPort(6443)] },
            ],
        });
    }

    /// <summary>The edges of the app model, and those that the platform adds.</summary>
    private sealed record AllEdges(IReadOnlyList<NetworkEdge> OfModel, IReadOnlyList<PlatformEdge> OfPlatform)
    {
        /// <summary>Names of pods that the app model knows nothing of.</summary>
        public IEnumerable<string> Parts(PlanContext context) => OfPlatform.SelectMany(static edge => new[] { edge.From, edge.To })
            .Concat(InferencePlan.Names(context))
            .Distinct()
            .Where(name => !context.Manifest.Resources.ContainsKey(name));
    }
}
