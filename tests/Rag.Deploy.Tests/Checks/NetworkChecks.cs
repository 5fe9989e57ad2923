using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Rag.Deploy.Tests.Checks;

/// <summary>Who may talk to whom, and whether every way leads somewhere.</summary>
internal static partial class NetworkChecks
{
    // The controller of StatefulSets puts it on each pod.
    private const string PodName = "statefulset.kubernetes.io/pod-name";

    public static IReadOnlyList<Check> All { get; } =
    [
        new(60, "every pod has a policy for both directions", Policies),
        new(61, "nothing refers to what is not there", References),
        new(62, "no port of the nodes, no wildcard host, TLS, no snippets", Exposure),
    ];

    private static IEnumerable<Finding> Policies(RenderedPlatform platform)
    {
        var policies = platform.OfKind("NetworkPolicy").ToList();
        return platform.Workloads.SelectMany(workload => new[] { "Ingress", "Egress" }.Select(direction => Finding.Of(
            $"{workload} {direction}",
            policies.Exists(policy => policy.Texts("spec", "policyTypes").Contains(direction) && policy.Map("spec", "podSelector", "matchLabels").Selects(workload.Labels)),
            "no policy selects its pods")));
    }

    private static IEnumerable<Finding> References(RenderedPlatform platform) =>
        [.. Services(platform), .. Routes(platform), .. Monitors(platform), .. platform.OfKind("NetworkPolicy").SelectMany(policy => Peers(platform, policy)), .. Mounts(platform), .. Variables(platform), .. Authentications(platform), .. Triggers(platform)];

    private static IEnumerable<Finding> Services(RenderedPlatform platform)
    {
        foreach (var service in platform.OfKind("Service").Where(static service => service.At("spec", "selector") is not null))
        {
            var subject = $"Service/{service.Text("metadata", "name")}";
            var pods = Selected(platform, service.Map("spec", "selector"));
            yield return Finding.Of(subject, pods.Count > 0, "it selects no pods");
            foreach (var target in service.Items("spec", "ports").Select(static port => port.Text("targetPort") ?? port.Text("port")!))
            {
                yield return Finding.Of(subject, pods.TrueForAll(pod => pod.Ports is null || pod.Ports.ContainsKey(target)), $"its pods do not declare port '{target}'");
            }

            // Its names are addresses of pods, and nothing between leads one port to another.
            foreach (var port in service.Items("spec", "ports").Where(_ => service.Text("spec", "clusterIP") == "None").Select(static port => port.Text("port")!))
            {
                yield return Finding.Of(subject, pods.TrueForAll(pod => pod.Ports is null || pod.Ports.ContainsKey(port)), $"it is headless, and its pods do not listen on {port}");
            }
        }
    }

    private static IEnumerable<Finding> Routes(RenderedPlatform platform)
    {
        var backends =
            from ingress in platform.OfKind("Ingress")
            from rule in ingress.Items("spec", "rules")
            from path in rule.Items("http", "paths")
            let service = path.At("backend", "service")
            select (Subject: $"Ingress/{ingress.Text("metadata", "name")}", Service: service.Text("name"), Port: service.Text("port", "name") ?? service.Text("port", "number"));
        var references =
            from route in platform.OfKind("HTTPRoute")
            from rule in route.Items("spec", "rules")
            from backend in rule.Items("backendRefs")
            select (Subject: $"HTTPRoute/{route.Text("metadata", "name")}", Service: backend.Text("name"), Port: backend.Text("port"));
        return backends.Concat(references).Select(way => Finding.Of(
            way.Subject,
            platform.Find("Service", way.Service).Items("spec", "ports").Any(port => port.Text("name") == way.Port || port.Text("port") == way.Port),
            $"there is no port '{way.Port}' of a Service '{way.Service}'"));
    }

    private static IEnumerable<Finding> Monitors(RenderedPlatform platform) =>
        from monitor in platform.OfKind("ServiceMonitor")
        let services = platform.OfKind("Service").Where(service => monitor.Map("spec", "selector", "matchLabels").Selects(service.Map("metadata", "labels"))).ToList()
        from port in monitor.Items("spec", "endpoints").Select(static endpoint => endpoint.Text("port"))
        select Finding.Of(
            $"ServiceMonitor/{monitor.Text("metadata", "name")}", services.Exists(service => service.Items("spec", "ports").Any(offered => offered.Text("name") == port)), $"no Service that it selects has a port '{port}'");

    private static IEnumerable<Finding> Peers(RenderedPlatform platform, JsonObject policy)
    {
        var subject = $"NetworkPolicy/{policy.Text("metadata", "name")}";
        var own = Selected(platform, policy.Map("spec", "podSelector", "matchLabels"));
        yield return Finding.Of(subject, own.Count > 0, "it selects no pods");
        foreach (var rule in policy.Items("spec", "ingress"))
        {
            foreach (var finding in Ends(platform, subject, rule.Items("from"), rule, _ => own))
            {
                yield return finding;
            }
        }

        foreach (var rule in policy.Items("spec", "egress"))
        {
            foreach (var finding in Ends(platform, subject, rule.Items("to"), rule, static peers => peers))
            {
                yield return finding;
            }
        }
    }

    // Ports are those of whoever is listening: of the policy's own pods, or of the peers that are pods of this namespace.
    private static IEnumerable<Finding> Ends(RenderedPlatform platform, string subject, IEnumerable<JsonObject> peers, JsonObject rule, Func<List<Pod>, List<Pod>> listening)
    {
        foreach (var selector in peers.Where(static peer => peer["namespaceSelector"] is null && peer["podSelector"] is not null).Select(static peer => peer.Map("podSelector", "matchLabels")))
        {
            var pods = Selected(platform, selector);
            yield return Finding.Of(subject, pods.Count > 0, $"there are no pods {string.Join(", ", selector.Values)}");
            foreach (var port in rule.Items("ports").Select(static port => port.Text("port")!))
            {
                yield return Finding.Of(subject, listening(pods).TrueForAll(pod => pod.Ports is null || pod.Ports.ContainsKey(port)), $"nobody listens on port {port}");
            }
        }
    }

    private static IEnumerable<Finding> Mounts(RenderedPlatform platform)
    {
        foreach (var workload in platform.Workloads)
        {
            var configs = workload.Containers.SelectMany(static container => container.Items("envFrom")).Select(static source => source.Text("configMapRef", "name"))
                .Concat(workload.Pod.Items("volumes").Select(static volume => volume.Text("configMap", "name")));
            foreach (var name in configs.OfType<string>())
            {
                yield return Finding.Of(workload.ToString(), name == platform.Values.Trust?.ConfigMap || platform.Find("ConfigMap", name) is not null, $"there is no ConfigMap '{name}'");
            }

            foreach (var name in workload.Pod.Items("volumes").Select(static volume => volume.Text("persistentVolumeClaim", "claimName")).OfType<string>())
            {
                yield return Finding.Of(workload.ToString(), IsOthers(platform, name) || platform.Find("PersistentVolumeClaim", name) is not null, $"there is no claim '{name}'");
            }

            var volumes = workload.Pod.Items("volumes").Select(static volume => volume.Text("name")).Concat(workload.Object.Items("spec", "volumeClaimTemplates").Select(static claim => claim.Text("metadata", "name"))).ToList();
            foreach (var name in workload.Containers.SelectMany(static container => container.Items("volumeMounts")).Select(static mount => mount.Text("name")))
            {
                yield return Finding.Of(workload.ToString(), volumes.Contains(name), $"there is no volume '{name}'");
            }
        }
    }

    // The values say that these exist.
    private static bool IsOthers(RenderedPlatform platform, string claim) =>
        claim == platform.Values.Originals.Claim?.Existing || platform.Values.Inference.Values.Any(model => claim == model.Cache.Claim);

    // The node fills in $(NAME) from the variables before it, and leaves it standing where there is none.
    private static IEnumerable<Finding> Variables(RenderedPlatform platform)
    {
        foreach (var workload in platform.Workloads)
        {
            foreach (var container in workload.Containers)
            {
                var known = new HashSet<string>(StringComparer.Ordinal);
                foreach (var variable in container.Items("env"))
                {
                    foreach (var name in Reference().Matches((variable.Text("value") ?? "").Replace("$$", "", StringComparison.Ordinal)).Select(static match => match.Groups[1].Value))
                    {
                        yield return Finding.Of(workload.ToString(), known.Contains(name), $"variable '{variable.Text("name")}' refers to '{name}', which is not before it");
                    }

                    known.Add(variable.Text("name")!);
                }
            }
        }
    }

    [GeneratedRegex(@"\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)", RegexOptions.None, 1000)]
    private static partial Regex Reference();

    private static IEnumerable<Finding> Authentications(RenderedPlatform platform) =>
        from scaler in platform.OfKind("ScaledObject")
        from name in scaler.Items("spec", "triggers").Select(static trigger => trigger.Text("authenticationRef", "name")).OfType<string>()
        select Finding.Of($"ScaledObject/{scaler.Text("metadata", "name")}", platform.Find("TriggerAuthentication", name) is not null, $"there is no TriggerAuthentication '{name}'");

    // Whoever scales looks at the database from a namespace of its own, and has to be let in where policies keep everybody out.
    private static IEnumerable<Finding> Triggers(RenderedPlatform platform) =>
        from scaler in platform.OfKind("ScaledObject")
        from trigger in scaler.Items("spec", "triggers")
        let asked = trigger.Text("metadata", "host")?.Split('.') is [var name, _, "svc"] ? platform.Find("Service", name) : null
        where asked is not null && asked.At("spec", "selector") is not null
        from port in asked.Items("spec", "ports").Where(port => port.Text("port") == trigger.Text("metadata", "port")).Select(static port => port.Text("targetPort"))
        from pod in Selected(platform, asked.Map("spec", "selector"))
        let policies = platform.OfKind("NetworkPolicy").Where(policy => policy.Texts("spec", "policyTypes").Contains("Ingress") && policy.Map("spec", "podSelector", "matchLabels").Selects(pod.Labels)).ToList()
        select Finding.Of(
            $"ScaledObject/{scaler.Text("metadata", "name")}",
            policies.Count == 0 || policies.SelectMany(static policy => policy.Items("spec", "ingress")).Any(rule =>
                rule.Items("from").Any(static peer => peer.Text("namespaceSelector", "matchLabels", "kubernetes.io/metadata.name") == "keda")
                && rule.Items("ports").Any(allowed => allowed.Text("port") == pod.Number(port!))),
            $"nothing lets KEDA in to '{trigger.Text("metadata", "host")}:{trigger.Text("metadata", "port")}'");

    private static IEnumerable<Finding> Exposure(RenderedPlatform platform)
    {
        foreach (var service in platform.OfKind("Service"))
        {
            yield return Finding.Of($"Service/{service.Text("metadata", "name")}", service.Text("spec", "type") is null or "ClusterIP" or "ExternalName", "it takes ports of the nodes, or an address of its own");
        }

        foreach (var way in platform.OfKind("Ingress", "HTTPRoute"))
        {
            var subject = $"{way.Text("kind")}/{way.Text("metadata", "name")}";
            var hosts = way.Items("spec", "rules").Select(static rule => rule.Text("host")).OfType<string>().Concat(way.Texts("spec", "hostnames")).ToList();
            yield return Finding.Of(subject, hosts.Count > 0 && hosts.TrueForAll(static host => !host.Contains('*')), "it names no host, or a wildcard");
            // Of a route the Gateway holds the certificate.
            yield return Finding.Of(subject, way.Text("kind") == "HTTPRoute" || hosts.TrueForAll(way.Items("spec", "tls").SelectMany(static tls => tls.Texts("hosts")).Contains), "a host is without TLS");
            yield return Finding.Of(subject, !way.Map("metadata", "annotations").Keys.Any(static key => key.Contains("snippet", StringComparison.OrdinalIgnoreCase)), "it has a snippet");
        }
    }

    private static List<Pod> Selected(RenderedPlatform platform, Dictionary<string, string> selector)
    {
        selector.Remove(PodName);
        return [.. Pods(platform).Where(pod => selector.Selects(pod.Labels))];
    }

    private static IEnumerable<Pod> Pods(RenderedPlatform platform)
    {
        foreach (var workload in platform.Workloads)
        {
            var ports = workload.Containers.SelectMany(static container => container.Items("ports"));
            yield return new Pod(
                workload.Labels, ports.SelectMany(static port => new[] { port.Text("name"), port.Text("containerPort") }.OfType<string>().Select(name => KeyValuePair.Create(name, port.Text("containerPort")!))).DistinctBy(static port => port.Key).ToDictionary(StringComparer.Ordinal));
        }

        // Pods that an operator makes: their labels are known, and their ports are its own.
        foreach (var cluster in platform.OfKind("Cluster"))
        {
            yield return new Pod(new Dictionary<string, string>(StringComparer.Ordinal) { ["cnpg.io/cluster"] = cluster.Text("metadata", "name")!, ["cnpg.io/instanceRole"] = "primary" }, Ports: null);
        }
    }

    /// <summary>Pods of one kind.</summary>
    /// <param name="Labels">Theirs.</param>
    /// <param name="Ports">Numbers by name, and by themselves; null: not known here.</param>
    private sealed record Pod(Dictionary<string, string> Labels, Dictionary<string, string>? Ports)
    {
        /// <summary>Number of a port that is given by name or number.</summary>
        public string Number(string port) => Ports?.GetValueOrDefault(port) ?? port;
    }
}
