using System.Globalization;

namespace Rag.Deploy.Planning.Rules;

/// <summary>Everything that is planned fits into the quota of the namespace. A pod that does not is not made, and only the events of its ReplicaSet say so.</summary>
internal static class QuotaRules
{
    public static void Check(PlanContext context, IReadOnlyList<PodDemand> demands, RuleFaults faults)
    {
        if (context.Values.Cluster.Quota is not { Enabled: true } quota)
        {
            return;
        }

        var pods = demands.Sum(static demand => demand.Pods);
        if (pods > quota.Pods)
        {
            faults.NotAllowed(
                "cluster.quota.pods", quota.Pods, $"{pods} to 10000", $"so many may run at the same time: {string.Join(", ", demands.Select(static demand => string.Create(CultureInfo.InvariantCulture, $"{demand.Name} {demand.Pods}")))}");
        }

        Demand("cpu", quota.Cpu, static demand => demand.Cpu, static amount => amount.ToString("0.###", CultureInfo.InvariantCulture));
        Demand("memory", quota.Memory, static demand => demand.Memory, static amount => string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(amount / (1 << 20))}Mi"));

        void Demand(string name, string allowed, Func<PodDemand, decimal> amount, Func<decimal, string> text)
        {
            var sum = demands.Sum(demand => demand.Pods * amount(demand));
            if (sum > Quantities.Parse(allowed))
            {
                var largest = demands.MaxBy(demand => demand.Pods * amount(demand))!;
                faults.NotAllowed(
                    $"cluster.quota.{name}", allowed, $"{text(sum)} and more", $"so much do all pods request at the same time at the most, {largest.Name} alone {text(largest.Pods * amount(largest))}");
            }
        }
    }
}
