using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Network;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning;

/// <summary>What a pod needs of a bucket, whatever it keeps there: credentials, a way to the endpoint, a folder of its own.</summary>
internal static class Buckets
{
    /// <summary>Key of the Secret, and name of the file.</summary>
    public const string AccessKeyId = "access-key-id";

    /// <summary>Key of the Secret, and name of the file.</summary>
    public const string SecretAccessKey = "secret-access-key";

    /// <summary>The credentials, for the pod.</summary>
    public static Volume Credentials(string volume, BucketValues values) => new(volume)
    {
        Secret = new SecretVolume(values.Secret) { Items = [new KeyToPath(AccessKeyId, AccessKeyId), new KeyToPath(SecretAccessKey, SecretAccessKey)], DefaultMode = PodParts.SecretMode },
    };

    /// <summary>The way to the endpoint. Amazon's is outside of every private network; another one is where its name leads.</summary>
    public static NetworkPolicyEgressRule Egress(BucketValues values) => values.Endpoint is { } url
        ? NetworkPolicyPlan.Outside(new Uri(url).Host, values.Cidr, [new Uri(url).Port])
        : NetworkPolicyPlan.Outside(new EgressValues { Cidr = values.Cidr ?? "0.0.0.0/0" });

    /// <summary>Which bucket it is, however its address is spelt.</summary>
    public static (string Service, string Bucket) Identity(BucketValues values) => (
        values.Endpoint is { } url && new Uri(url) is var endpoint && !endpoint.Host.EndsWith(".amazonaws.com", StringComparison.OrdinalIgnoreCase)
            ? $"{endpoint.Host}:{endpoint.Port}{endpoint.AbsolutePath.TrimEnd('/')}"
            : "",
        values.Bucket);

    /// <summary>The folder in it: two platforms may share a bucket, and one platform may keep several things in it.</summary>
    public static string Prefix(PlanContext context, BucketValues values, string purpose) => values.Prefix ?? $"{context.Values.EffectiveNamespace}/{purpose}";
}
