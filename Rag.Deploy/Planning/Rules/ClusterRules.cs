using System.Globalization;
using Rag.Deploy.Planning.Stores;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Rules;

/// <summary>The namespace, its quota, where images and secrets come from.</summary>
internal static class ClusterRules
{
    private static readonly string[] SystemsOwn = ["default", "kube-system", "kube-public", "kube-node-lease"];

    public static void Check(PlanContext context, RuleFaults faults)
    {
        var values = context.Values;
        if (SystemsOwn.Contains(values.EffectiveNamespace))
        {
            faults.Add(values.Namespace is null ? "name" : "namespace", $"'{values.EffectiveNamespace}' is not allowed; allowed is: a namespace of the platform's own.");
        }

        if (values.Version == "latest")
        {
            faults.Add("version", "'latest' is not allowed; allowed is: a version that stays the same image.");
        }

        if (values.Images is { PullPolicy: PullPolicy.Always, Registry: "" })
        {
            faults.NotAllowed("images.pullPolicy", PullPolicy.Always, "IfNotPresent or Never", "without 'images.registry' there is nowhere to fetch the platform's own images from");
        }

        Secrets(values.Secrets, faults);
        Quota(context, faults);
    }

    private static void Secrets(SecretValues secrets, RuleFaults faults)
    {
        switch (secrets)
        {
            case { Mode: SecretMode.Existing, Name: null }:
                faults.Add("secrets.name", "it is missing; with 'mode: existing' name the Secret that is there.");
                break;
            case { Mode: SecretMode.External, Store.Name: null }:
                faults.Add("secrets.store.name", $"it is missing; with 'mode: external' name the {secrets.Store.Kind} that is asked.");
                break;
            case { Mode: not SecretMode.External, Store.Name: not null }:
                faults.Add("secrets.store.name", "a store is asked with 'mode: external' only.");
                break;
        }
    }

    // A pod that does not fit into the quota is not made, and only the events of its ReplicaSet say so.
    private static void Quota(PlanContext context, RuleFaults faults)
    {
        if (context.Values.Cluster.Quota is not { Enabled: true } quota)
        {
            return;
        }

        var demands = Demands(context).ToList();
        var pods = demands.Sum(static demand => demand.Pods);
        if (pods > quota.Pods)
        {
            faults.NotAllowed("cluster.quota.pods", quota.Pods, $"{pods} to 10000", "so many pods run at the most");
        }

        Demand("cpu", quota.Cpu, static requests => requests.Cpu, static amount => amount.ToString("0.###", CultureInfo.InvariantCulture));
        Demand("memory", quota.Memory, static requests => requests.Memory, static amount => string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(amount / (1 << 20))}Mi"));

        void Demand(string name, string allowed, Func<AmountValues, string?> amount, Func<decimal, string> text)
        {
            var sum = demands.Sum(demand => demand.Pods * (amount(demand.Requests) is { } one ? Quantities.Parse(one) : 0));
            if (sum > Quantities.Parse(allowed))
            {
                faults.NotAllowed($"cluster.quota.{name}", allowed, $"{text(sum)} and more", "so much is requested by all pods at the most");
            }
        }
    }

    private static IEnumerable<(int Pods, AmountValues Requests)> Demands(PlanContext context)
    {
        foreach (var service in context.Services)
        {
            var settings = WorkloadSettings.For(context, service);
            yield return (settings.Pods(context).Most + (WorkloadSettings.IsStateful(service) ? 0 : WorkloadSettings.Surge), settings.Resources.Requests);
        }

        foreach (var store in context.Stores.Where(static store => store.Values.Mode != StoreMode.External))
        {
            yield return (StorePlan.Replicas(store), StorePlan.Resources(store).Requests);
        }
    }
}
