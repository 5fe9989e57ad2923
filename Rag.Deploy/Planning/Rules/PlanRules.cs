using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Rules;

/// <summary>
/// What shows only when everything is planned: images that parts of the platform bring along, room for all pods together, what all of them
/// connect to, what they write, where things are mounted, and names. All of it is named at once.
/// </summary>
internal static class PlanRules
{
    /// <summary>Goes on only where every rule is kept.</summary>
    /// <exception cref="ValuesException">Some are not; all of them are named.</exception>
    public static void Require(PlanContext context, IReadOnlyList<PlannedObject> objects)
    {
        var faults = new RuleFaults(context.Values.Places);
        var demands = PodDemands.Of(context, objects);
        ObjectNameRules.Check(context, objects, faults);
        MountRules.Check(context, objects, faults);
        ImageRules.Check(context, objects, faults);
        QuotaRules.Check(context, demands, faults);
        ConnectionRules.Check(context, demands, faults);
        DiskRules.Check(context, objects, faults);
        if (faults.Lines.Count > 0)
        {
            throw new ValuesException(faults.Lines);
        }
    }
}
