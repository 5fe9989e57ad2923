using System.Globalization;
using System.Text.RegularExpressions;
using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Inference;

namespace Rag.Deploy.Planning.Rules;

/// <summary>
/// Names of everything that is planned, as a strict API server looks at them. A resource of the app model may have a longer name than most objects,
/// and each of its objects may add something to it. Nothing is shortened: people look for what they named, and two names that were cut may be one.
/// </summary>
internal static partial class ObjectNameRules
{
    private const int LongestLabel = 63;
    private const int LongestName = 253;
    private const int LongestPort = 15;

    // Beside the Service, whose name is a label of DNS: what these make is named after them, with eleven characters more, in a label of 63; the
    // operator of PostgreSQL leaves room for its suffixes.
    private static readonly Dictionary<string, int> Longest = new(StringComparer.Ordinal)
    {
        ["Service"] = LongestLabel, ["Namespace"] = LongestLabel, ["Job"] = LongestLabel, ["CronJob"] = 52, ["StatefulSet"] = 52, ["Cluster"] = 50,
    };

    /// <summary>Looks at every object.</summary>
    public static void Check(PlanContext context, IReadOnlyList<PlannedObject> objects, RuleFaults faults)
    {
        Clashes(context, objects, faults);
        foreach (var group in objects.SelectMany(static planned => Refused(planned.Object).Select(name => (planned.Object, Name: name))).GroupBy(refused => Owner(context, refused.Object)))
        {
            var names = group.Select(static refused => refused.Name).Distinct().ToList();
            var what = $"Kubernetes does not take {string.Join("; ", names.Select(static name => name.Text))}.";
            switch (group.Key)
            {
                case { } owner when owner.Name.Length - names.Max(static name => name.Over) is var room && names.TrueForAll(static name => name.Over > 0) && room > 0:
                    faults.OfManifest(context.Manifest.File, owner.Name, string.Create(CultureInfo.InvariantCulture, $"{what} Rename it in the app host: its name has {owner.Name.Length} characters, and {room} leave room for what is added."));
                    break;
                case { } owner:
                    faults.OfManifest(context.Manifest.File, owner.Name, $"{what} Rename it in the app host.");
                    break;
                default:
                    faults.Add(context.Values.Inference.Keys.FirstOrDefault(key => group.Any(refused => refused.Object.Metadata.Name == InferencePlan.Name(key))) is { } model ? $"inference.{model}" : "name", what);
                    break;
            }
        }
    }

    /// <summary>The resource that an object is named after, or belongs to; null: the platform's own.</summary>
    public static WorkloadResource? Owner(PlanContext context, KubernetesObject one)
    {
        string?[] names = [one.Metadata.Name, one.Metadata.Labels is { } labels && labels.TryGetValue(Naming.NameLabel, out var part) ? part : null];
        return context.Manifest.Workloads
            .Where(workload => names.OfType<string>().Any(name => name == Naming.Of(workload.Name) || name.StartsWith(Naming.Of(workload.Name) + "-", StringComparison.Ordinal)))
            .MaxBy(static workload => workload.Name.Length);
    }

    // Two objects of one name: one is the resource's, the other one the platform's, which cannot be renamed.
    private static void Clashes(PlanContext context, IReadOnlyList<PlannedObject> objects, RuleFaults faults)
    {
        var twice = objects.GroupBy(static planned => planned.Object.Key).Where(static group => group.Count() > 1).ToList();
        foreach (var group in twice.GroupBy(group => context.Manifest.Workloads.FirstOrDefault(workload => Naming.Of(workload.Name) == group.Key.Name)))
        {
            var parts = string.Join(", ", group.Select(static one => one.Key.ToString()));
            if (group.Key is not { } resource)
            {
                faults.OfManifest(context.Manifest.File, resource: null, $"two parts of the platform would both be {parts}; rename one of the resources that they are named after in the app host.");
                continue;
            }

            var others = group.SelectMany(static one => one).Select(planned => Belongs(context, planned.Object)).OfType<WorkloadResource>().Where(other => other != resource).Select(static other => $"'{other.Name}'").Distinct().ToList();
            faults.OfManifest(
                context.Manifest.File, resource.Name, $"its name belongs to the platform, which makes {parts} itself{(others.Count > 0 ? $" for {string.Join(", ", others)}" : "")}. Rename it in the app host.");
        }

        // Of the tree, in which every resource has a file of its name.
        if (context.Manifest.Workloads.FirstOrDefault(static workload => Naming.Of(workload.Name) == "kustomization") is { } file)
        {
            faults.OfManifest(context.Manifest.File, file.Name, "its name belongs to the platform: kustomization.yaml is the list of all files. Rename it in the app host.");
        }
    }

    private static WorkloadResource? Belongs(PlanContext context, KubernetesObject one) =>
        one.Metadata.Labels is { } labels && labels.TryGetValue(Naming.NameLabel, out var part) ? context.Manifest.Workloads.FirstOrDefault(workload => Naming.Of(workload.Name) == part) : null;

    private static IEnumerable<RefusedName> Refused(KubernetesObject one)
    {
        var longest = Longest.GetValueOrDefault(one.Kind, LongestName);
        var pattern = one.Kind switch { "Service" => ServiceName(), "Namespace" => Label(), _ => Subdomain() };
        var template = PodTemplates.Of(one);
        var containers = (template?.Spec.InitContainers ?? []).Concat(template?.Spec.Containers ?? []).ToList();
        return new[] { Name(one.Kind, one.Metadata.Name!, longest, pattern) }
            .Concat((one.Metadata.Labels ?? []).Concat(template?.Metadata.Labels ?? []).Select(static label => KubernetesNames.IsLabelKey(label.Key) && KubernetesNames.IsLabelValue(label.Value)
                ? null
                : Refuse($"the label {label.Key}", label.Value, LongestLabel)))
            .Concat(containers.Select(static container => Name("the container", container.Name, LongestLabel, Label())))
            .Concat(containers.SelectMany(static container => container.Ports ?? []).Select(static port => Name("the port", port.Name, LongestPort, PortName())))
            .Concat((one as Service)?.Spec.Ports?.Select(static port => Name("the port", port.Name, LongestLabel, Label())) ?? [])
            .OfType<RefusedName>();
    }

    private static RefusedName? Name(string what, string name, int longest, Regex pattern) => name.Length <= longest && pattern.IsMatch(name) ? null : Refuse(what, name, longest);

    private static RefusedName Refuse(string what, string name, int longest) => name.Length > longest
        ? new RefusedName(string.Create(CultureInfo.InvariantCulture, $"{what} '{name}' ({name.Length} characters, allowed are {longest})"), name.Length - longest)
        : new RefusedName($"{what} '{name}' (allowed are lower case letters, digits and '-')", 0);

    [GeneratedRegex(@"\A[a-z]([-a-z0-9]*[a-z0-9])?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ServiceName();

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Label();

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Subdomain();

    [GeneratedRegex(@"\A(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]*[a-z0-9])?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex PortName();

    // Over: by how many characters it is too long; 0: that is not what is wrong with it.
    private sealed record RefusedName(string Text, int Over);
}
