using Rag.Deploy.Kubernetes;

namespace Rag.Deploy.Planning.Workloads;

/// <summary>Claims of storage.</summary>
internal static class Claims
{
    /// <summary>One per pod of a StatefulSet. ReadWriteOnce only: no store depends on storage that several nodes mount.</summary>
    public static ClaimTemplate Template(PlanContext context, string name, string size, string? storageClass) =>
        new(new ObjectMeta { Name = name }, Spec(context, size, storageClass));

    /// <summary>What is asked for.</summary>
    public static PersistentVolumeClaimSpec Spec(PlanContext context, string size, string? storageClass) => new()
    {
        AccessModes = ["ReadWriteOnce"],
        StorageClassName = storageClass ?? context.Values.Cluster.StorageClass,
        Resources = new VolumeResources(new Labels { ["storage"] = size }),
    };
}
