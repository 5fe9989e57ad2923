using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Originals;

/// <summary>
/// Where the files are kept that people bring, if not where the app model says: on a claim that several pods mount, or in a bucket. Both are laid
/// out alike, so that whoever moves from one to the other copies files and nothing else.
/// </summary>
internal static class OriginalsPlan
{
    /// <summary>Of the claim that is made, and of what is mounted.</summary>
    public const string Name = "originals";

    /// <summary>Where the claim is in the pods that have it.</summary>
    public const string Folder = "/var/lib/ragplatform/originals";

    /// <summary>Where the bucket's credentials are in the pods that have them.</summary>
    public const string SecretFolder = "/run/secrets/originals";

    private const string Component = "storage";
    private const string File = "originals";
    private const string StandardSize = "100Gi";

    // What Helm removes with a release; nobody can make these files again.
    private static readonly Labels KeptByHelm = new() { ["helm.sh/resource-policy"] = "keep" };

    public static IEnumerable<PlannedObject> Of(PlanContext context)
    {
        if (Claim(context) is not { Existing: null } claim)
        {
            yield break;
        }

        yield return new PlannedObject(
            new PersistentVolumeClaim
            {
                Metadata = context.Names.Meta(Name, Component, annotations: KeptByHelm),
                Spec = Claims.Spec(context, claim.Size ?? StandardSize, claim.StorageClass) with { AccessModes = ["ReadWriteMany"] },
            },
            File);
    }

    /// <summary>How a workload is told.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Variables(PlanContext context, WorkloadResource workload)
    {
        var section = context.Values.Originals.Section;
        if (section.Length == 0 || !Uses(context, workload))
        {
            return [];
        }

        return (Claim(context), Bucket(context)) switch
        {
            ({ }, _) => [new($"{section}__Provider", "files"), new($"{section}__Path", Folder)],
            (_, { } bucket) => [new($"{section}__Provider", "s3"), .. OfBucket(context, bucket).Select(variable => KeyValuePair.Create($"{section}__S3__{variable.Name}", variable.Value))],
            _ => [],
        };
    }

    /// <summary>Whether its pods write a claim that other pods write too: then the files have to belong to their group.</summary>
    public static bool IsOnClaim(PlanContext context, WorkloadResource workload) => Uses(context, workload) && Claim(context) is not null;

    public static IEnumerable<Volume> Volumes(PlanContext context, WorkloadResource workload) => !Uses(context, workload) ? [] : (Claim(context), Bucket(context)) switch
    {
        ({ } claim, _) => [new Volume(Name) { PersistentVolumeClaim = new PersistentVolumeClaimVolume(claim.Existing ?? Name) }],
        (_, { } bucket) => [Buckets.Credentials(Name, bucket)],
        _ => [],
    };

    public static IEnumerable<ContainerVolumeMount> Mounts(PlanContext context, WorkloadResource workload) => !Uses(context, workload) ? [] : (Claim(context), Bucket(context)) switch
    {
        ({ }, _) => [new ContainerVolumeMount(Name, Folder)],
        (_, { }) => [new ContainerVolumeMount(Name, SecretFolder) { ReadOnly = true }],
        _ => [],
    };

    /// <summary>A workload's way to the bucket.</summary>
    public static IEnumerable<NetworkPolicyEgressRule> Outside(PlanContext context, WorkloadResource workload) =>
        Uses(context, workload) && Bucket(context) is { } bucket ? [Buckets.Egress(bucket)] : [];

    /// <summary>A copy of the database is no copy of everything where the files are elsewhere.</summary>
    public static IEnumerable<string> Notices(PlanContext context)
    {
        var place = (Claim(context), Bucket(context)) switch
        {
            ({ } claim, _) => $"on the claim '{claim.Existing ?? Name}'",
            (_, { } bucket) => $"in the bucket '{bucket.Bucket}' under '{Prefix(context, bucket)}/'",
            _ => null,
        };
        return place is null ? [] : context.Stores.Where(static store => store is { Kind: StoreKind.Postgres, Values.Backup: not null })
            .Select(store => $"The copies of '{store.Name}' do not hold the originals: these are {place}, which has to be copied as well.");
    }

    /// <summary>The claim in force; null: they are not on one.</summary>
    public static OriginalsClaimValues? Claim(PlanContext context) => context.Values.Originals is { Mode: OriginalsMode.Claim } values ? values.Claim ?? new OriginalsClaimValues() : null;

    /// <summary>The bucket in force; null: they are in none.</summary>
    public static OriginalsBucketValues? Bucket(PlanContext context) => context.Values.Originals is { Mode: OriginalsMode.S3 } values ? values.S3 : null;

    /// <summary>The folder in the bucket.</summary>
    public static string Prefix(PlanContext context, OriginalsBucketValues bucket) => Buckets.Prefix(context, bucket, Name);

    private static bool Uses(PlanContext context, WorkloadResource workload) => context.Values.Originals.Services.Contains(workload.Name, StringComparer.Ordinal);

    private static IEnumerable<(string Name, string Value)> OfBucket(PlanContext context, OriginalsBucketValues bucket)
    {
        if (bucket.Endpoint is { } endpoint)
        {
            yield return ("Endpoint", endpoint);
        }

        yield return ("Bucket", bucket.Bucket);
        if (bucket.Region is { } region)
        {
            yield return ("Region", region);
        }

        yield return ("Prefix", Prefix(context, bucket));
        yield return ("PathStyle", bucket.PathStyle ? "true" : "false");
        yield return ("AccessKeyIdFile", $"{SecretFolder}/{Buckets.AccessKeyId}");
        yield return ("SecretAccessKeyFile", $"{SecretFolder}/{Buckets.SecretAccessKey}");
    }
}
