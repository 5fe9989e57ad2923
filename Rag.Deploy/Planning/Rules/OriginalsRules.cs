using System.Globalization;
using Rag.Deploy.AppModel;
using Rag.Deploy.Planning.Originals;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Rules;

/// <summary>Where originals are kept: each mode with what it needs and without what it has no use for, and nobody else in the same folder.</summary>
internal static class OriginalsRules
{
    private const string Path = "originals";

    public static void Check(PlanContext context, RuleFaults faults)
    {
        var values = context.Values.Originals;
        Elsewhere(values, faults);
        if (values.Mode == OriginalsMode.AppModel)
        {
            return;
        }

        if (values.Section.Length == 0)
        {
            faults.Add($"{Path}.section", "it is missing; name what the variables begin with that tell the services, such as App__Files for App__Files__Provider.");
        }

        var services = Services(context, values, faults);
        foreach (var service in services)
        {
            Told(context, service, faults);
            Mounted(context, service, values.Mode == OriginalsMode.Claim ? OriginalsPlan.Folder : OriginalsPlan.SecretFolder, faults);
        }

        if (OriginalsPlan.Claim(context) is { } claim)
        {
            Claim(context, claim, services, faults);
        }
        else if (OriginalsPlan.Bucket(context) is { } bucket)
        {
            Bucket(context, bucket, faults);
        }
        else
        {
            faults.Add($"{Path}.s3", "it is missing; with 'mode: s3' name the 'bucket', and the 'secret' that opens it.");
        }
    }

    /// <summary>Two environments in one folder of a bucket would each take the other's originals for leftovers.</summary>
    public static IEnumerable<string> Shared(IReadOnlyList<PlanContext> contexts)
    {
        var first = new Dictionary<((string, string) Bucket, string Prefix), PlanContext>();
        foreach (var context in contexts)
        {
            if (OriginalsPlan.Bucket(context) is { } bucket && !first.TryAdd((Buckets.Identity(bucket), OriginalsPlan.Prefix(context, bucket)), context))
            {
                var faults = new RuleFaults(context.Values.Places);
                var prefix = OriginalsPlan.Prefix(context, bucket);
                faults.NotAllowed($"{Path}.s3.prefix", prefix, "a folder of its own", $"'{first[(Buckets.Identity(bucket), prefix)].Values.Environment}' has it, and each removes what it does not know");
                yield return faults.Lines[0];
            }
        }
    }

    private static void Elsewhere(OriginalsValues values, RuleFaults faults)
    {
        var where = values.Mode switch
        {
            OriginalsMode.Claim => "they are on a claim",
            OriginalsMode.S3 => "they are in a bucket",
            _ => "they are where the app model says, which is the default",
        };
        if (values is { Claim: not null, Mode: not OriginalsMode.Claim })
        {
            faults.Add($"{Path}.claim", $"{where}; this needs 'mode: claim'. Where it comes from a common file, set it to null here.");
        }

        if (values is { S3: not null, Mode: not OriginalsMode.S3 })
        {
            faults.Add($"{Path}.s3", $"{where}; this needs 'mode: s3'. Where it comes from a common file, set it to null here.");
        }
    }

    private static List<WorkloadResource> Services(PlanContext context, OriginalsValues values, RuleFaults faults)
    {
        var known = new List<WorkloadResource>();
        if (values.Services.Count == 0)
        {
            faults.Add($"{Path}.services", "it is empty; name the workloads that read and write them.");
        }

        for (var i = 0; i < values.Services.Count; i++)
        {
            var place = string.Create(CultureInfo.InvariantCulture, $"{Path}.services[{i}]");
            if (context.Services.FirstOrDefault(service => service.Name == values.Services[i]) is not { } found)
            {
                faults.Unknown(place, "workload", context.Services.Select(static service => service.Name));
            }
            else if (known.Contains(found))
            {
                faults.Add(place, $"'{found.Name}' is named twice; allowed is: each once.");
            }
            else
            {
                known.Add(found);
            }
        }

        return known;
    }

    // The values of a service win, and would leave it where the others are not.
    private static void Told(PlanContext context, WorkloadResource service, RuleFaults faults)
    {
        var own = WorkloadSettings.ValuesOf(context, service).Env;
        foreach (var (name, _) in OriginalsPlan.Variables(context, service).Where(variable => own.ContainsKey(variable.Key)))
        {
            faults.Add($"services.{service.Name}.env.{name}", "the program is told this by 'originals'; allowed is: one of both.");
        }
    }

    private static void Mounted(PlanContext context, WorkloadResource service, string target, RuleFaults faults)
    {
        var values = WorkloadSettings.ValuesOf(context, service);
        foreach (var folder in values.Scratch.Keys.Where(IsCovered))
        {
            faults.Add($"services.{service.Name}.scratch.{folder}", $"the originals are at {target}; allowed is: a folder that is neither it nor in it.");
        }

        var container = service as ContainerResource;
        var mounted = (container?.Volumes ?? []).Select(static volume => volume.Target).Concat((container?.BindMounts ?? []).Select(static mount => mount.Target).Except(values.OmitMounts, StringComparer.Ordinal));
        foreach (var folder in mounted.Where(IsCovered))
        {
            faults.Add($"{Path}.services", $"the app model mounts something into {service.Name} at {folder}; allowed are: workloads that have nothing at {target} or in it.");
        }

        bool IsCovered(string folder) => folder == target || folder.StartsWith($"{target}/", StringComparison.Ordinal);
    }

    private static void Claim(PlanContext context, OriginalsClaimValues claim, IReadOnlyList<WorkloadResource> services, RuleFaults faults)
    {
        foreach (var (name, value) in new[] { ("size", claim.Size), ("storageClass", claim.StorageClass) })
        {
            if (claim.Existing is { } existing && value is not null)
            {
                faults.NotAllowed($"{Path}.claim.{name}", value, "none", $"'{existing}' exists and has its own ('existing')");
            }
        }

        // A file belongs to the user that made it, and its folder is removed by whoever may write it.
        var users = services.Select(service => (service.Name, WorkloadSettings.For(context, service).User)).ToList();
        if (users.Select(static one => one.User).Distinct().Count() > 1)
        {
            faults.Add(
                $"{Path}.services",
                $"{string.Join(", ", users.Select(static one => string.Create(CultureInfo.InvariantCulture, $"{one.Name} runs as {one.User}")))}, and none could write what another made; allowed are: workloads with the same 'user'.");
        }
    }

    private static void Bucket(PlanContext context, OriginalsBucketValues bucket, RuleFaults faults)
    {
        ServiceRules.Range(bucket.Cidr, $"{Path}.s3.cidr", faults);
        var prefix = OriginalsPlan.Prefix(context, bucket);
        foreach (var store in context.Stores)
        {
            if (store.Values.Backup?.S3 is { } copies && Buckets.Identity(copies) == Buckets.Identity(bucket)
                && Buckets.Prefix(context, copies, Naming.Of(store.Name)) is var taken && (IsIn(prefix, taken) || IsIn(taken, prefix)))
            {
                faults.NotAllowed($"{Path}.s3.prefix", prefix, $"a folder that is neither '{taken}' nor in it nor around it", $"the copies of '{store.Name}' are there");
            }
        }

        static bool IsIn(string folder, string other) => folder == other || folder.StartsWith($"{other}/", StringComparison.Ordinal);
    }
}
