using System.Text.RegularExpressions;
using Rag.Cli.Deployment.Clusters;

namespace Rag.Cli.Deployment.Diagnosis;

/// <summary>Secrets, ConfigMaps and keys that a pod refers to and that are not there.</summary>
internal static partial class ConfigurationProblems
{
    /// <summary>Of a container that cannot be configured.</summary>
    public static Problem Of(Snapshot snapshot, ApiPod pod, string message) => Missing(snapshot, pod, message)
        ?? (message.Contains("runAsNonRoot", StringComparison.Ordinal) || message.Contains("non-numeric user", StringComparison.Ordinal)
            ? new Problem(ProblemKind.Refused, PodNames.Workload(pod), $"The image wants to run as root, which is forbidden here: {ContainerProblems.Sentence(message)}", "Build it with a numeric user other than 0; 'rag images' does.") { IsFinal = true }
            : new Problem(ProblemKind.MissingConfiguration, PodNames.Workload(pod), $"A container cannot be configured: {ContainerProblems.Sentence(message)}", $"'{snapshot.Kubectl} describe pod {pod.Metadata.Name}' shows all of it."));

    /// <summary>Where the message names a Secret, a ConfigMap or a key; null where it does not.</summary>
    public static Problem? Missing(Snapshot snapshot, ApiPod pod, string message)
    {
        if (Key().Match(message) is { Success: true } key)
        {
            return Lacks(key.Groups["kind"].Value, key.Groups["name"].Value, key.Groups["key"].Value);
        }

        if (Object().Match(message) is { Success: true } whole)
        {
            return Lacks(whole.Groups["kind"].Value, whole.Groups["name"].Value, key: null);
        }

        // references non-existent secret key: cache-password
        return VolumeKey().Match(message) is { Success: true } volume ? Lacks(volume.Groups["kind"].Value, name: null, volume.Groups["key"].Value) : null;

        Problem Lacks(string kind, string? name, string? key)
        {
            var isSecret = kind.Equals("secret", StringComparison.OrdinalIgnoreCase);
            var which = $"{(isSecret ? "Secret" : "ConfigMap")}{(name is null ? "" : $" {name}")}";
            return new Problem(
                ProblemKind.MissingConfiguration, PodNames.Workload(pod), key is null ? $"The {which} is not there." : $"The {which} has no key '{key}'.",
                isSecret
                    ? $"With secrets.mode generated: fill in secrets.env of the environment and apply again. Otherwise: {snapshot.Kubectl} create secret generic {name ?? "NAME"} --from-env-file=FILE with one key=value per line."
                    : "Apply again: the manifests bring it.");
        }
    }

    // couldn't find key db-password in Secret ragplatform/ragplatform-secrets
    [GeneratedRegex(@"couldn't find key (?<key>\S+) in (?<kind>Secret|ConfigMap) (?:[^\s/]+/)?(?<name>[a-z0-9.-]+)", RegexOptions.None, 1000)]
    private static partial Regex Key();

    // secret "ragplatform-secrets" not found
    [GeneratedRegex(@"(?<kind>secret|configmap)s? ""(?:[^""/]+/)?(?<name>[a-z0-9.-]+)"" not found", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Object();

    [GeneratedRegex(@"references non-existent (?<kind>secret|config) key: (?<key>\S+)", RegexOptions.None, 1000)]
    private static partial Regex VolumeKey();
}
