using Rag.Deploy.AppModel;
using Rag.Deploy.Planning.Inference;
using Rag.Deploy.Planning.Jobs;
using Rag.Deploy.Planning.Originals;
using Rag.Deploy.Planning.Stores;

namespace Rag.Deploy.Planning.Workloads;

/// <summary>Variables that parts of the platform give to workloads of the app model. They may hold expressions; what the values say themselves wins.</summary>
internal static class PlatformVariables
{
    public static IEnumerable<KeyValuePair<string, string>> Of(PlanContext context, WorkloadResource workload) =>
        [
            .. MigrationPlan.Variables(context, workload), .. ReplicationPlan.Variables(context, workload), .. InferencePlan.Variables(context, workload),
            .. OriginalsPlan.Variables(context, workload), .. TrustPlan.Variables(context, workload),
        ];
}
