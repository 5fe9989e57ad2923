using Rag.Deploy.AppModel;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Workloads;

/// <summary>What holds for one workload after its values were laid over the built-in defaults.</summary>
internal sealed record WorkloadSettings
{
    /// <summary>Group and user of what need not be another one: above 10000, so that it is nobody on the node.</summary>
    public const int NobodyInParticular = 10001;

    public required int Replicas { get; init; }

    public string? SingleReplicaReason { get; init; }

    public AutoscalingValues? Autoscaling { get; init; }

    public QueueScalingValues? QueueScaling { get; init; }

    public required ResourceValues Resources { get; init; }

    public required ProbeValues Probes { get; init; }

    public required ShutdownValues Shutdown { get; init; }

    public required DisruptionValues Disruption { get; init; }

    public required ServiceValues Own { get; init; }

    public required int User { get; init; }

    public required bool WritableRoot { get; init; }

    // Of one pod of a service that nobody has measured: enough to start, little enough to see early that it is not enough.
    private static readonly ResourceValues StandardResources = new()
    {
        Requests = new() { Cpu = "100m", Memory = "256Mi", EphemeralStorage = "128Mi" },
        Limits = new() { Cpu = "1", Memory = "512Mi", EphemeralStorage = "1Gi" },
    };

    public static WorkloadSettings For(PlanContext context, WorkloadResource workload)
    {
        var own = context.Values.Services.GetValueOrDefault(workload.Name) ?? context.Values.Services.GetValueOrDefault(DeployValues.Defaults) ?? new ServiceValues();
        own = own with { Env = WithPlatforms(context, workload, own.Env) };
        var stateful = workload is ContainerResource { Volumes.Count: > 0 };
        return new WorkloadSettings
        {
            Own = own,
            Replicas = stateful ? 1 : own.Replicas ?? 2,
            SingleReplicaReason = own.SingleReplicaReason ?? (stateful ? "It keeps its state in volumes of its own." : null),
            Autoscaling = stateful ? null : own.Autoscaling,
            QueueScaling = own.QueueScaling,
            Resources = (own.Resources ?? new ResourceValues()).Or(StandardResources),
            Probes = own.Probes ?? new ProbeValues { Kind = workload is ProjectResource ? ProbeKind.Http : workload.Bindings.Count > 0 ? ProbeKind.Tcp : ProbeKind.None },
            Shutdown = own.Shutdown ?? new ShutdownValues(),
            Disruption = own.Disruption ?? new DisruptionValues { MaxUnavailable = "1" },
            User = own.User ?? NobodyInParticular,
            WritableRoot = own.WritableRoot ?? false,
        };
    }

    private static OrderedDictionary<string, string?> WithPlatforms(PlanContext context, WorkloadResource workload, OrderedDictionary<string, string?> own)
    {
        var all = new OrderedDictionary<string, string?>(own, StringComparer.Ordinal);
        foreach (var (name, text) in PlatformVariables.Of(context, workload))
        {
            all.TryAdd(name, text);
        }

        return all;
    }
}
