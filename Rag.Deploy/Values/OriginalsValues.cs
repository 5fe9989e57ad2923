using System.ComponentModel;

namespace Rag.Deploy.Values;

/// <summary>Where the files are kept that people bring.</summary>
public sealed record OriginalsValues
{
    [Description("appModel: where the app model says, which moves nothing; claim: on a volume that all pods of 'services' mount, so its class has to allow ReadWriteMany; s3: in a bucket. A change moves nothing that is there already.")]
    public OriginalsMode Mode { get; init; } = OriginalsMode.AppModel;

    [Description("Workloads of the app model that read and write them.")]
    public IReadOnlyList<string> Services { get; init; } = [];

    [Description("What the variables begin with that tell these workloads: SECTION__Provider (files or s3), SECTION__Path, SECTION__S3__Bucket and so on; empty: nothing can tell them, and 'mode' stays appModel.")]
    [VariableName(mayBeEmpty: true)]
    public string Section { get; init; } = "";

    [Description("claim: which.")]
    public OriginalsClaimValues? Claim { get; init; }

    [Description("s3: which bucket.")]
    public OriginalsBucketValues? S3 { get; init; }
}

/// <summary>Where originals are kept.</summary>
public enum OriginalsMode
{
    /// <summary>Where the app model says.</summary>
    AppModel,

    /// <summary>On a claim that several pods mount.</summary>
    Claim,

    /// <summary>In a bucket.</summary>
    S3,
}

/// <summary>A claim that several pods mount and write.</summary>
public sealed record OriginalsClaimValues
{
    [Description("Size of the claim that is made; default: 100Gi. Claims grow, they do not shrink.")]
    [Bytes]
    public string? Size { get; init; }

    [Description("Storage class of the claim that is made, which has to allow ReadWriteMany; default: the cluster's.")]
    [DnsName]
    public string? StorageClass { get; init; }

    [Description("A claim of the namespace that exists, instead of one that is made; it has to allow ReadWriteMany, and its folder belongs to the pods' group.")]
    [DnsName]
    public string? Existing { get; init; }
}

/// <summary>A bucket that originals are kept in.</summary>
public sealed record OriginalsBucketValues : BucketValues
{
    [Description("Whether the bucket stands in the path of a URL, as MinIO and others have it; false: in the name of the host.")]
    public bool PathStyle { get; init; } = true;
}
