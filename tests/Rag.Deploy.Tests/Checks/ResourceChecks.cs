using System.Text.Json.Nodes;
using Rag.Deploy.Planning;

namespace Rag.Deploy.Tests.Checks;

/// <summary>What a pod gets, and how it is asked for its health.</summary>
internal static class ResourceChecks
{
    private static readonly string[] Probes = ["startupProbe", "readinessProbe", "livenessProbe"];
    private static readonly string[] Handlers = ["httpGet", "tcpSocket", "exec", "grpc"];
    private static readonly string[] Timings = ["periodSeconds", "timeoutSeconds", "failureThreshold"];

    public static IReadOnlyList<Check> All { get; } =
    [
        new(42, "CPU and memory requested", static platform => Amounts(platform, [("requests", "cpu"), ("requests", "memory")])),
        new(43, "a limit of memory", static platform => Amounts(platform, [("limits", "memory")])),
        new(44, "a limit of CPU", static platform => Amounts(platform, [("limits", "cpu")])),
        new(45, "ephemeral storage requested and limited", static platform => Amounts(platform, [("requests", "ephemeral-storage"), ("limits", "ephemeral-storage")])),
        new(46, "a quota and default limits for the namespace", NamespaceLimits),
        new(47, "a readiness probe", Readiness),
        new(48, "a liveness probe that asks something else", Liveness),
        new(49, "probes ask declared ports", ProbePorts),
        new(50, "times of probes stated", ProbeTimes),
        new(51, "a pause before it stops", PreStop),
    ];

    private static IEnumerable<Finding> Amounts(RenderedPlatform platform, (string Kind, string Resource)[] wanted) =>
        from workload in platform.Workloads
        from container in workload.Containers
        select Finding.Of(
            $"{workload} {container.Text("name")}",
            wanted.All(one => container.Text("resources", one.Kind, one.Resource) is not null),
            $"it does not have all of {string.Join(", ", wanted.Select(static one => $"{one.Kind}.{one.Resource}"))}");

    private static IEnumerable<Finding> NamespaceLimits(RenderedPlatform platform) =>
        new[] { "ResourceQuota", "LimitRange" }.Select(kind => Finding.Of(kind, platform.OfKind(kind).Any(), "there is none"));

    private static IEnumerable<Finding> Readiness(RenderedPlatform platform) =>
        Containers(platform).Select(static one => Finding.Of(one.Subject, one.Container["readinessProbe"] is not null, "it has no readiness probe", one.Workload.Reason(PodReview.NoProbes)));

    private static IEnumerable<Finding> Liveness(RenderedPlatform platform) => Containers(platform).Select(static one =>
    {
        var (readiness, liveness) = (one.Container["readinessProbe"], one.Container["livenessProbe"]);
        return Finding.Of(
            one.Subject, liveness is not null && Differ(readiness, liveness), "its liveness probe is missing, or is its readiness probe", liveness is null ? one.Workload.Reason(PodReview.NoProbes) : null);
    });

    // A port that accepts connections is the same question whenever it is asked; there the patience has to differ.
    private static bool Differ(JsonNode? readiness, JsonNode liveness) => liveness["httpGet"] is { } get
        ? readiness.Text("httpGet", "path") != get.Text("path")
        : !JsonNode.DeepEquals(readiness, liveness);

    private static IEnumerable<Finding> ProbePorts(RenderedPlatform platform) =>
        from one in Containers(platform)
        from probe in Probes.Select(name => one.Container[name]).OfType<JsonObject>()
        let port = Handlers.Select(handler => probe.Text(handler, "port")).FirstOrDefault(static port => port is not null)
        where port is not null
        select Finding.Of(
            one.Subject, one.Container.Items("ports").Any(declared => declared.Text("name") == port || declared.Text("containerPort") == port), $"a probe asks port '{port}', which it does not declare");

    private static IEnumerable<Finding> ProbeTimes(RenderedPlatform platform) =>
        from one in Containers(platform)
        from name in Probes
        let probe = one.Container[name] as JsonObject
        where probe is not null
        select Finding.Of($"{one.Subject} {name}", Timings.All(probe.ContainsKey), $"it does not state all of {string.Join(", ", Timings)}");

    private static IEnumerable<Finding> PreStop(RenderedPlatform platform) => Containers(platform).Select(static one =>
    {
        var pause = one.Container.At("lifecycle", "preStop");
        return Finding.Of(
            one.Subject,
            pause is not null && (pause.Number("sleep", "seconds") ?? 0) < one.Workload.Pod.Number("terminationGracePeriodSeconds"),
            "nothing pauses it before it stops, or it is killed while it pauses",
            pause is null ? one.Workload.Reason(PodReview.NoPreStop) : null);
    });

    private static IEnumerable<(Workload Workload, JsonObject Container, string Subject)> Containers(RenderedPlatform platform) =>
        platform.Services.SelectMany(static workload => workload.MainContainers.Select(container => (workload, container, $"{workload} {container.Text("name")}")));
}
