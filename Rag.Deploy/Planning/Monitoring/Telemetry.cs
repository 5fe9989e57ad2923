using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;

namespace Rag.Deploy.Planning.Monitoring;

/// <summary>What a service is told so that its telemetry arrives (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).</summary>
internal static class Telemetry
{
    private const string PodName = "POD_NAME";
    private const string ResourceAttributes = "OTEL_RESOURCE_ATTRIBUTES";

    /// <summary>Whether it can send any: our projects do, and whatever the app host gives a variable of OpenTelemetry.</summary>
    public static bool Sends(WorkloadResource workload) => workload is ProjectResource || workload.Env.Keys.Any(static name => name.StartsWith("OTEL_", StringComparison.Ordinal));

    /// <summary>Variables for its configuration.</summary>
    public static Labels Config(PlanContext context, WorkloadResource workload) => !IsOn(context, workload) ? new Labels() : new Labels
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://{CollectorPlan.Name}:{CollectorPlan.GrpcPort}",
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc",
        ["OTEL_SERVICE_NAME"] = Naming.Of(workload.Name),
        // The standard's minute is longer than a store may be away before somebody is told.
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "15000",
        // While the collector is replaced, what is sent waits in the process instead of being dropped.
        ["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"] = "in_memory",
    };

    /// <summary>Variables that the node puts together: a pod that starts anew goes on with its own series instead of leaving them behind.</summary>
    public static IReadOnlyList<EnvVar> FromNode(PlanContext context, WorkloadResource workload) => !IsOn(context, workload) ? [] :
    [
        new EnvVar(PodName) { ValueFrom = new EnvVarSource { FieldRef = new ObjectFieldSelector("metadata.name") } },
        new EnvVar(ResourceAttributes) { Value = $"service.instance.id=$({PodName}),k8s.pod.name=$({PodName}),k8s.namespace.name={context.Values.EffectiveNamespace}" },
    ];

    /// <summary>Whether it is told anything.</summary>
    public static bool IsOn(PlanContext context, WorkloadResource workload) => context.Has(Feature.Monitoring) && Sends(workload);
}
