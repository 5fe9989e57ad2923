using Rag.Deploy.Kubernetes;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Workloads;

/// <summary>Pieces that every pod has, whatever runs in it.</summary>
internal static class PodParts
{
    /// <summary>Name of the volume with secrets.</summary>
    public const string SecretVolume = "secrets";

    /// <summary>Mode of files with secrets: 0440, readable by the pod's group and nobody else.</summary>
    public const int SecretMode = 0x120;

    /// <summary>Name of the volume at /tmp.</summary>
    public const string ScratchVolume = "tmp";

    /// <summary>Requests and limits.</summary>
    public static ResourceRequirements Resources(ResourceValues values) => new(Amounts(values.Requests), Amounts(values.Limits));

    /// <summary>Over zones and nodes. A soft rule by default: a cluster of one node has to be able to run everything.</summary>
    public static IReadOnlyList<TopologySpreadConstraint> Spread(PlanContext context, string name)
    {
        var unsatisfiable = context.Values.Cluster.StrictSpread ? "DoNotSchedule" : "ScheduleAnyway";
        var selector = new LabelSelector { MatchLabels = context.Names.Selector(name) };
        return
        [
            new TopologySpreadConstraint(1, "topology.kubernetes.io/zone", unsatisfiable, selector),
            new TopologySpreadConstraint(1, "kubernetes.io/hostname", unsatisfiable, selector),
        ];
    }

    /// <summary>A folder that may be written and that goes with the pod.</summary>
    public static Volume Scratch(string name, string size) => new(name) { EmptyDir = new EmptyDirVolume { SizeLimit = size } };

    /// <summary>Secrets as files, one for each parameter, readable by the group that the pod runs as and nobody else.</summary>
    public static Volume SecretFiles(PlanContext context, IEnumerable<string> parameters) => new(SecretVolume)
    {
        Projected = new ProjectedVolume(
            [.. parameters.GroupBy(parameter => context.SecretOf(parameter).Secret, StringComparer.Ordinal)
                .Select(group => new VolumeProjection { Secret = new ProjectedSource(group.Key) { Items = [.. group.Select(parameter => new KeyToPath(context.SecretOf(parameter).Key, parameter))] } })])
        {
            DefaultMode = SecretMode,
        },
    };

    /// <summary>
    /// An account of its own without a token. What the default account may do is not the manifests' to say, and a pod that asks the cluster
    /// for nothing needs no right to.
    /// </summary>
    public static PlannedObject Account(PlanContext context, string name, string component, string file) => new(
        new ServiceAccount
        {
            Metadata = context.Names.Meta(name, component),
            AutomountServiceAccountToken = false,
            ImagePullSecrets = context.PullSecrets,
        },
        file);

    /// <summary>A budget that never blocks every eviction, and that does not protect pods which do not work anyway.</summary>
    public static PlannedObject DisruptionBudget(PlanContext context, string name, string component, DisruptionValues values, string file) => new(
        new PodDisruptionBudget
        {
            Metadata = context.Names.Meta(name, component),
            Spec = new PodDisruptionBudgetSpec
            {
                MaxUnavailable = values.MinAvailable is null ? Parse(values.MaxUnavailable ?? "1") : (IntOrString?)null,
                MinAvailable = values.MinAvailable is { } least ? Parse(least) : (IntOrString?)null,
                UnhealthyPodEvictionPolicy = "AlwaysAllow",
                Selector = new LabelSelector { MatchLabels = context.Names.Selector(name) },
            },
        },
        file);

    /// <summary>What an image's tag says: of <c>docker.io/library/redis:8.6@sha256:...</c> it is <c>8.6</c>.</summary>
    public static string ImageVersion(string image)
    {
        // A tag may be twice as long as a label, and begin and end with what no label does.
        const int Longest = 63;
        var tag = ImageReference.Parse(image).Tag ?? "";
        var version = (tag.Length > Longest ? tag[..Longest] : tag).Trim('.', '-', '_');
        return version.Length > 0 ? version : "unknown";
    }

    /// <summary>The node waits before it tells the program to stop; below 1.30 it cannot.</summary>
    public static Lifecycle? PreStop(PlanContext context, int seconds) =>
        context.HasPreStopSleep && seconds > 0 ? new Lifecycle(new LifecycleHandler { Sleep = new SleepAction(seconds) }) : null;

    public static IReadOnlyList<Toleration>? Tolerations(IReadOnlyList<TolerationValues> values) => values.Count == 0
        ? null
        : [.. values.Select(static t => new Toleration { Key = t.Key, Operator = t.Operator, Value = t.Value, Effect = t.Effect })];

    public static Labels? NodeSelector(OrderedDictionary<string, string> values) => values.Count == 0 ? null : new Labels(values);

    private static IntOrString Parse(string text) => int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : text;

    private static Labels Amounts(AmountValues values)
    {
        var amounts = new Labels();
        Add("cpu", values.Cpu);
        Add("memory", values.Memory);
        Add("ephemeral-storage", values.EphemeralStorage);
        return amounts;

        void Add(string resource, string? amount)
        {
            if (amount is not null)
            {
                amounts[resource] = amount;
            }
        }
    }
}
