using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Rules;

/// <summary>
/// What no attribute of a single value can say: values that contradict one another, the app model, or what Kubernetes makes of them. They are
/// looked at before anything is planned, all of them at once, so that whoever corrects them does it once.
/// </summary>
internal static class ValueRules
{
    private static readonly Action<PlanContext, RuleFaults>[] Rules =
    [
        NameRules.Check, MountRules.Check, ClusterRules.Check, ServiceRules.Check, ScalingRules.Check, PodRules.Check, StoreRules.Check, OriginalsRules.Check, MigrationRules.Check, QdrantRules.Check, InferenceRules.Check, ExposureRules.Check,
    ];

    /// <summary>Goes on only where every rule is kept.</summary>
    /// <exception cref="ValuesException">Some are not; all of them are named.</exception>
    public static void Require(IEnumerable<PlanContext> contexts)
    {
        var all = contexts.ToList();
        var faults = all.SelectMany(Faults).Concat(OriginalsRules.Shared(all)).Concat(VolumeRules.Shared(all)).Distinct().ToList();
        if (faults.Count > 0)
        {
            throw new ValuesException(faults);
        }
    }

    private static IReadOnlyList<string> Faults(PlanContext context)
    {
        var faults = new RuleFaults(context.Values.Places);
        foreach (var rule in Rules)
        {
            try
            {
                rule(context, faults);
            }
            catch (ValuesException exception)
            {
                // What a rule had to plan in order to look at it; the other rules go on.
                faults.AddRange(exception.Faults);
            }
        }

        return faults.Lines;
    }
}
