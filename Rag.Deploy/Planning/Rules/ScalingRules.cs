using System.Globalization;
using Rag.Deploy.AppModel;
using Rag.Deploy.Planning.Stores;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Rules;

/// <summary>How many pods there are, and how many of them may be away.</summary>
internal static class ScalingRules
{
    private const int Most = 1000;

    // The platform's own variable for the index that each process holds in its memory.
    private const string IndexProvider = "Rag__Index__Provider";
    private const string EmbeddedIndex = "embedded";

    public static void Check(PlanContext context, RuleFaults faults)
    {
        foreach (var workload in context.Services)
        {
            var settings = WorkloadSettings.For(context, workload);
            var path = $"services.{workload.Name}";
            if (WorkloadSettings.IsStateful(workload))
            {
                OnePod(settings.Own, path, faults);
            }

            if (settings.Autoscaling is { } autoscaling)
            {
                Autoscaling(autoscaling, settings, path, faults);
                Memory(workload, autoscaling, settings, path, faults);
            }

            Index(workload, settings, path, faults);

            if (settings.QueueScaling is { } queue)
            {
                QueueScaling(queue, settings.Own.Queue, path, faults);
            }

            if (settings.Own.Queue is { } waiting && (settings.QueueScaling is not null || faults.Places.IsOwn($"{path}.queue")))
            {
                Queue(context, waiting, $"{path}.queue", faults);
            }

            Disruption(settings, settings.Pods(context).Least, $"{path}.disruption", faults);
        }
    }

    // Its claim belongs to one pod; a second one would start empty.
    private static void OnePod(ServiceValues values, string path, RuleFaults faults)
    {
        const string Reason = "the app model gives it volumes, and each pod would have its own";
        if (values.Replicas is > 1 and var replicas && faults.Places.IsOwn($"{path}.replicas"))
        {
            faults.NotAllowed($"{path}.replicas", replicas, "0 to 1", Reason);
        }

        if (faults.Places.IsOwn($"{path}.autoscaling") && values.Autoscaling is not null)
        {
            faults.Add($"{path}.autoscaling", $"it cannot be scaled, because {Reason}; allowed is: nothing.");
        }

        if (faults.Places.IsOwn($"{path}.queueScaling") && values.QueueScaling is not null)
        {
            faults.Add($"{path}.queueScaling", $"it cannot be scaled, because {Reason}; allowed is: nothing.");
        }
    }

    private static void Autoscaling(AutoscalingValues values, WorkloadSettings settings, string path, RuleFaults faults)
    {
        var least = values.Min ?? settings.Replicas;
        if (values.Max < least)
        {
            faults.NotAllowed($"{path}.autoscaling.max", values.Max, Between(least, Most), $"at least {least} pods run");
        }
        else if (least < 2 && settings.Own.SingleReplicaReason is null)
        {
            faults.NotAllowed(
                values.Min is null ? $"{path}.replicas" : $"{path}.autoscaling.min", least, Between(2, values.Max), "with one pod there is nobody to take over ('singleReplicaReason' may say why that is enough)");
        }

        if (values is { Cpu: null, Memory: null })
        {
            faults.Add($"{path}.autoscaling", "neither cpu nor memory counts, so nothing would ever scale; allowed is: at least one of them.");
        }
    }

    private static void Index(WorkloadResource workload, WorkloadSettings settings, string path, RuleFaults faults)
    {
        if (settings.Own.EmbeddedIndex is not null && !HasEmbeddedIndex(workload, settings, out var provider))
        {
            faults.Add($"{path}.embeddedIndex", $"it holds no index in its memory ({IndexProvider} is {(provider is null ? "not set" : $"'{provider}'")}); allowed is: with 'env: {{ {IndexProvider}: {EmbeddedIndex} }}' of the same service.");
        }
    }

    private static bool HasEmbeddedIndex(WorkloadResource workload, WorkloadSettings settings, out string? provider)
    {
        provider = WorkloadEnvironment.Merged(workload, settings).LastOrDefault(static variable => variable.Name == IndexProvider).Text;
        return string.Equals(provider, EmbeddedIndex, StringComparison.OrdinalIgnoreCase);
    }

    private static void Memory(WorkloadResource workload, AutoscalingValues values, WorkloadSettings settings, string path, RuleFaults faults)
    {
        if (values.Memory is { } memory && HasEmbeddedIndex(workload, settings, out _))
        {
            faults.NotAllowed($"{path}.autoscaling.memory", memory, "null", $"with {IndexProvider} '{EmbeddedIndex}' every pod holds the whole index: more pods would not have less memory each");
        }
    }

    private static void QueueScaling(QueueScalingValues values, QueueValues? queue, string path, RuleFaults faults)
    {
        if (values.Max < Math.Max(1, values.Min))
        {
            faults.NotAllowed($"{path}.queueScaling.max", values.Max, Between(Math.Max(1, values.Min), Most), $"at least {values.Min} pods run");
        }

        if (queue is null)
        {
            faults.Add($"{path}.queue", "it is missing; with 'queueScaling' name the queue by whose length it is scaled (store, database, query).");
        }
    }

    private static void Queue(PlanContext context, QueueValues values, string path, RuleFaults faults)
    {
        if (context.Store(values.Store) is not { Kind: StoreKind.Postgres } store)
        {
            faults.Unknown($"{path}.store", "PostgreSQL in the app model", context.Stores.Where(static candidate => candidate.Kind == StoreKind.Postgres).Select(static candidate => candidate.Name));
        }
        else if (PostgresPlan.Databases(context, store) is { Count: > 0 } databases && !databases.Contains(values.Database))
        {
            faults.Unknown($"{path}.database", $"database on {store.Name}", databases);
        }
    }

    private static void Disruption(WorkloadSettings settings, int pods, string path, RuleFaults faults)
    {
        if (settings.Disruption is not { MinAvailable: { } wanted } values)
        {
            return;
        }

        if (values.MaxUnavailable is not null)
        {
            faults.Add($"{path}.maxUnavailable", "'minAvailable' is given as well, and Kubernetes takes one of both; allowed is: one of them.");
            return;
        }

        // A share is rounded up to whole pods, as the controller does it.
        var needed = wanted.EndsWith('%')
            ? (int)Math.Ceiling(pods * decimal.Parse(wanted.AsSpan(0, wanted.Length - 1), CultureInfo.InvariantCulture) / 100)
            : int.Parse(wanted, CultureInfo.InvariantCulture);
        if (needed >= pods)
        {
            faults.NotAllowed(
                $"{path}.minAvailable", wanted, pods > 1 ? $"{Between(1, pods - 1)}, or a share that leaves one out" : "only 'maxUnavailable'", $"at least {pods} pods run, and a node could never be emptied if all of them had to stay");
        }
    }

    private static string Between(int least, int most) => least == most ? least.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{least} to {most}");
}
