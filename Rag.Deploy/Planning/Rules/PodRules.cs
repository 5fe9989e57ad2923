using Rag.Deploy.AppModel;
using Rag.Deploy.Planning.Inference;
using Rag.Deploy.Planning.Jobs;
using Rag.Deploy.Planning.Monitoring;
using Rag.Deploy.Planning.Stores;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Rules;

/// <summary>What one pod gets: cores, memory, folders.</summary>
internal static class PodRules
{
    private static readonly (string Name, Func<AmountValues, string?> Of)[] Amounts =
    [
        ("cpu", static amounts => amounts.Cpu), ("memory", static amounts => amounts.Memory), ("ephemeralStorage", static amounts => amounts.EphemeralStorage),
    ];

    public static void Check(PlanContext context, RuleFaults faults)
    {
        foreach (var workload in context.Services)
        {
            var settings = WorkloadSettings.For(context, workload);
            Resources(settings.Resources, $"services.{workload.Name}.resources", faults);
            Folders(workload, settings.Own, $"services.{workload.Name}", faults);
        }

        foreach (var store in context.Stores.Where(static store => store.Values.Mode != StoreMode.External))
        {
            Resources(StorePlan.Resources(store), $"stores.{store.Name}.resources", faults);
        }

        foreach (var (name, values) in context.Values.Inference)
        {
            Resources((values.Resources ?? new ResourceValues()).Or(Engine.Of(values).Resources), $"inference.{name}.resources", faults);
        }

        Resources((context.Values.Migration?.Resources ?? new ResourceValues()).Or(MigrationPlan.StandardResources), "migration.resources", faults);
        Resources((context.Values.Monitoring.Collector.Resources ?? new ResourceValues()).Or(CollectorPlan.StandardResources), "monitoring.collector.resources", faults);
        Resources((context.Values.Monitoring.Prometheus.Resources ?? new ResourceValues()).Or(PrometheusPlan.StandardResources), "monitoring.prometheus.resources", faults);
    }

    private static void Resources(ResourceValues resources, string path, RuleFaults faults)
    {
        foreach (var (name, of) in Amounts)
        {
            if (of(resources.Requests) is not { } request || of(resources.Limits) is not { } limit || Quantities.Parse(limit) >= Quantities.Parse(request))
            {
                continue;
            }

            // Whoever set one of them only is told about that one.
            if (faults.Places.IsSet($"{path}.limits.{name}"))
            {
                faults.NotAllowed($"{path}.limits.{name}", limit, $"{request} and more", "so much is requested");
            }
            else
            {
                faults.NotAllowed($"{path}.requests.{name}", request, $"up to {limit}", "that is the limit");
            }
        }
    }

    private static void Folders(WorkloadResource workload, ServiceValues values, string path, RuleFaults faults)
    {
        var volumes = (workload as ContainerResource)?.Volumes.Select(static volume => volume.Target).ToList() ?? [];
        foreach (var folder in values.Volumes.Keys.Where(folder => faults.Places.IsOwn($"{path}.volumes.{folder}") && !volumes.Contains(folder)))
        {
            faults.Unknown($"{path}.volumes.{folder}", "volume in the app model", volumes);
        }

        var taken = WorkloadSettings.MountsOf(workload, values).Append(WorkloadEnvironment.SecretFolder).ToList();
        foreach (var folder in values.Scratch.Keys.Where(folder => faults.Places.IsOwn($"{path}.scratch.{folder}")))
        {
            if (!ValuesBinder.Allows(new FolderPathAttribute(), folder))
            {
                faults.Add($"{path}.scratch.{folder}", $"'{folder}' is not allowed; allowed is: {new FolderPathAttribute().ErrorMessage}.");
            }
            else if (taken.Contains(folder))
            {
                faults.Add($"{path}.scratch.{folder}", $"something else is mounted there; allowed is: any folder but {string.Join(", ", taken)}.");
            }
        }
    }
}
