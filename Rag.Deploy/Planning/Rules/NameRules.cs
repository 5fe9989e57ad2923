using System.Globalization;
using Rag.Deploy.AppModel;
using Rag.Deploy.Planning.Inference;
using Rag.Deploy.Planning.Jobs;
using Rag.Deploy.Planning.Monitoring;
using Rag.Deploy.Planning.Stores;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Rules;

/// <summary>Keys that name something of the app model, and keys that become names in the cluster.</summary>
internal static class NameRules
{
    public static void Check(PlanContext context, RuleFaults faults)
    {
        Services(context, faults);
        Stores(context, faults);
        Parameters(context, faults);
        Secrets(context, faults);
        Images(context, faults);
        foreach (var (service, values) in context.Values.Services)
        {
            Variables(values.Env, $"services.{service}.env", faults);
            Labels(values.NodeSelector, $"services.{service}.nodeSelector", faults);
        }

        Labels(context.Values.Exposure.FromNamespace, "exposure.fromNamespace", faults);
        Labels(context.Values.Monitoring.Labels, "monitoring.labels", faults);
        Labels(context.Values.Monitoring.FromNamespace, "monitoring.fromNamespace", faults);
        Labels(context.Values.Network.KedaNamespace, "network.kedaNamespace", faults);
        Labels(context.Values.Network.OperatorNamespace, "network.operatorNamespace", faults);
        Labels(context.Values.Network.Dns.Namespace, "network.dns.namespace", faults);
        Labels(context.Values.Network.Dns.PodLabels, "network.dns.podLabels", faults);
        ServiceRules.Range(context.Values.Network.Dns.Cidr, "network.dns.cidr", faults);
        ServiceRules.Ports(context.Values.Network.Dns.Ports, "network.dns.ports", faults);
        foreach (var key in context.Values.Exposure.Annotations.Keys.Where(static key => !KubernetesNames.IsLabelKey(key)))
        {
            faults.Add($"exposure.annotations.{key}", $"Kubernetes has no such keys; allowed are: {KubernetesNames.LabelKey}.");
        }
    }

    private static void Services(PlanContext context, RuleFaults faults)
    {
        foreach (var name in context.Values.Services.Keys.Where(name => name != DeployValues.Defaults && context.Services.All(service => service.Name != name)))
        {
            if (context.Store(name) is null)
            {
                faults.Unknown($"services.{name}", "workload", context.Services.Select(static service => service.Name));
            }
            else
            {
                faults.Add($"services.{name}", $"it is a store; its values stand in 'stores.{name}'.");
            }
        }
    }

    private static void Stores(PlanContext context, RuleFaults faults)
    {
        foreach (var name in context.Values.Stores.Keys.Where(name => context.Store(name) is null))
        {
            if (context.Manifest.Workloads.OfType<ContainerResource>().FirstOrDefault(container => container.Name == name) is { } container)
            {
                faults.Add($"stores.{name}", $"'{container.Image ?? container.Build?.Dockerfile}' is not recognised as a store with a password; name its 'kind' (postgres, redis, qdrant), or give its values in 'services.{name}'.");
            }
            else
            {
                faults.Unknown($"stores.{name}", "store", context.Stores.Select(static store => store.Name));
            }
        }
    }

    // A digest of nobody's image would leave the one that was meant without.
    private static void Images(PlanContext context, RuleFaults faults)
    {
        string[] known =
        [
            .. context.Manifest.Workloads.Select(static workload => workload.Name), ApiJobs.Image, CollectorPlan.Name, PrometheusPlan.Name, WaitPlan.Name,
            .. context.Values.Inference.Keys.Select(InferencePlan.Name), .. context.Stores.Where(static store => store.Kind == StoreKind.Qdrant).Select(BackupPlan.Name), .. context.Stores.Where(static store => store.Kind == StoreKind.Postgres).Select(S3Copies.ImageName),
        ];
        foreach (var (key, names) in ((string, IEnumerable<string>)[])[("override", context.Values.Images.Override.Keys), ("digests", context.Values.Images.Digests.Keys)])
        {
            foreach (var name in names.Except(known))
            {
                faults.Unknown($"images.{key}.{name}", "image", known);
            }
        }
    }

    private static void Parameters(PlanContext context, RuleFaults faults)
    {
        var parameters = context.Manifest.Resources.Values.OfType<ParameterResource>().ToList();
        foreach (var name in context.Values.Parameters.Keys)
        {
            switch (parameters.Find(parameter => parameter.Name == name))
            {
                case null:
                    faults.Unknown($"parameters.{name}", "parameter", parameters.Where(static parameter => !parameter.IsSecret).Select(static parameter => parameter.Name));
                    break;
                case { IsSecret: true }:
                    faults.Add($"parameters.{name}", "it is a secret, and values are kept in version control; allowed is: in secrets.env of the environment, or in the Secret that 'secrets' names.");
                    break;
            }
        }
    }

    /// <summary>Variables of the environment, by name.</summary>
    public static void Variables(OrderedDictionary<string, string?> variables, string path, RuleFaults faults)
    {
        foreach (var name in variables.Keys.Where(static name => !KubernetesNames.IsVariable(name)).Where(name => faults.Places.IsOwn($"{path}.{name}")))
        {
            faults.Add($"{path}.{name}", "Kubernetes has no such names of variables; allowed are: letters, digits, '_', '-' and '.', not beginning with a digit.");
        }
    }

    /// <summary>Labels with their values.</summary>
    public static void Labels(OrderedDictionary<string, string> labels, string path, RuleFaults faults)
    {
        foreach (var (key, value) in labels.Where(label => faults.Places.IsOwn($"{path}.{label.Key}")))
        {
            if (!KubernetesNames.IsLabelKey(key))
            {
                faults.Add($"{path}.{key}", $"Kubernetes has no such labels; allowed are: {KubernetesNames.LabelKey}.");
            }
            else if (!KubernetesNames.IsLabelValue(value))
            {
                faults.Add($"{path}.{key}", $"'{value}' is not allowed; allowed is: {KubernetesNames.LabelValue}.");
            }
        }
    }

    // A name that the app model has for something else would mean that from then on.
    private static void Secrets(PlanContext context, RuleFaults faults)
    {
        var more = context.Values.Secrets.More;
        for (var i = 0; i < more.Count; i++)
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"secrets.more[{i}]");
            if (context.Manifest.Resources[more[i]] is not ParameterResource { IsSecret: true })
            {
                faults.Add(path, $"'{more[i]}' is not allowed; allowed is: a name that no other resource of the app model has.");
            }
            else if (more.Take(i).Contains(more[i]))
            {
                faults.Add(path, $"'{more[i]}' is named twice; allowed is: each once.");
            }
        }
    }
}
