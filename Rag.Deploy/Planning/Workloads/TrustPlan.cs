using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;

namespace Rag.Deploy.Planning.Workloads;

/// <summary>
/// Certificates of one's own authority in the pods of .NET programs. They read the file of <c>SSL_CERT_FILE</c> beside the image's folder of
/// certificates, so public authorities stay trusted. Other programs would take the file instead of theirs, so they do not get the variable.
/// </summary>
internal static class TrustPlan
{
    /// <summary>Where the certificates are in the pods that have them.</summary>
    public const string File = $"{Folder}/{FileName}";

    private const string VolumeName = "trust";
    private const string Folder = "/etc/ragplatform/trust";
    private const string FileName = "ca.crt";
    private const string Variable = "SSL_CERT_FILE";

    public static IEnumerable<KeyValuePair<string, string>> Variables(PlanContext context, WorkloadResource workload) =>
        AppliesTo(context, workload) ? [new(Variable, File)] : [];

    public static IEnumerable<Volume> Volumes(PlanContext context, WorkloadResource workload) => AppliesTo(context, workload) ? [Of(context)] : [];

    public static IEnumerable<ContainerVolumeMount> Mounts(PlanContext context, WorkloadResource workload) => AppliesTo(context, workload) ? [Mount()] : [];

    /// <summary>The pod of a job of the platform's own.</summary>
    public static PodTemplateSpec Apply(PlanContext context, PodTemplateSpec template) => context.Values.Trust is null ? template : template with
    {
        Spec = template.Spec with
        {
            Containers =
            [
                .. template.Spec.Containers.Select(static container => container with
                {
                    Env = [.. container.Env ?? [], new EnvVar(Variable) { Value = File }],
                    VolumeMounts = [.. container.VolumeMounts ?? [], Mount()],
                }),
            ],
            Volumes = [.. template.Spec.Volumes ?? [], Of(context)],
        },
    };

    private static bool AppliesTo(PlanContext context, WorkloadResource workload) => context.Values.Trust is not null && workload is ProjectResource;

    /// <summary>The mount of <see cref="File"/>'s folder.</summary>
    public static ContainerVolumeMount Mount() => new(VolumeName, Folder) { ReadOnly = true };

    /// <summary>The volume for it; only where the values have authorities.</summary>
    public static Volume Of(PlanContext context)
    {
        var values = context.Values.Trust!;
        KeyToPath[] items = [new KeyToPath(values.Key, FileName)];
        return (values.ConfigMap, values.Secret) switch
        {
            ({ } map, null) => new Volume(VolumeName) { ConfigMap = new ConfigMapVolume(map) { Items = items } },
            (null, { } secret) => new Volume(VolumeName) { Secret = new SecretVolume(secret) { Items = items, DefaultMode = PodParts.SecretMode } },
            _ => throw context.Fault("trust", "name either a 'configMap' or a 'secret' that holds the certificates."),
        };
    }
}
