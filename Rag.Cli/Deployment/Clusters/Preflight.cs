using Rag.Cli.Deployment.Diagnosis;

namespace Rag.Cli.Deployment.Clusters;

/// <summary>What a cluster has to have before manifests are applied to it. Everything that is missing is named at once.</summary>
internal static class Preflight
{
    /// <summary>Compares what the manifests need with what there is.</summary>
    /// <param name="overlay">The manifests.</param>
    /// <param name="target">The cluster.</param>
    /// <param name="served">Types that it knows.</param>
    /// <param name="classes">Its storage classes; null: they may not be seen.</param>
    /// <param name="secrets">Secrets of the namespace; null: they may not be seen.</param>
    /// <param name="kubectl">What a command for the namespace begins with.</param>
    /// <param name="resident">The environment whose objects the namespace has; null: none, or it may not be seen.</param>
    public static IReadOnlyList<Problem> Of(
        Overlay overlay, ClusterTarget target, ServedTypes served, IReadOnlyList<ApiStorageClass>? classes, IReadOnlySet<string>? secrets, string kubectl, string? resident = null) =>
    [
        .. Version(overlay, target),
        .. Resident(overlay, resident, kubectl),
        .. TypeProblems.Of(overlay.Objects, served),
        .. classes is null ? [] : TreeFacts.Claims(overlay.Objects).Select(claim => StorageProblems.Of(claim.Name, claim.StorageClass, classes)).OfType<Problem>(),
        .. Secrets(overlay, secrets, kubectl),
    ];

    private static IEnumerable<Problem> Version(Overlay overlay, ClusterTarget target)
    {
        var (lowest, because) = TreeFacts.LowestVersion(overlay.Objects);
        if (target.ServerMinor < lowest)
        {
            yield return new Problem(ProblemKind.VersionTooLow, "Kubernetes", $"The cluster is {target.ServerVersion}; the manifests need 1.{lowest} ({because}).", $"Set cluster.kubernetesVersion to \"1.{target.ServerMinor}\" in the values, or update the cluster.");
        }
    }

    // Secrets are applied before everything else: the databases of the other environment would stay, and nobody would know their passwords.
    private static IEnumerable<Problem> Resident(Overlay overlay, string? resident, string kubectl)
    {
        if (resident is not null && overlay.Label is { } own && own != resident)
        {
            yield return new Problem(
                ProblemKind.Refused,
                overlay.Namespace,
                $"The namespace {overlay.Namespace} holds the environment '{resident}', and this is '{own}': its secrets would be replaced, and its databases know only the old ones.",
                $"Give one of them a namespace of its own ('namespace' in values.{own}.yaml), or, where '{resident}' was removed with its data: {kubectl} label namespace {overlay.Namespace} {Overlay.EnvironmentLabel}={own} --overwrite");
        }
    }

    private static IEnumerable<Problem> Secrets(Overlay overlay, IReadOnlySet<string>? existing, string kubectl)
    {
        var made = SecretNeeds.Made(overlay.Objects);
        var needs = SecretNeeds.Of(overlay.Objects).ToList();

        // The keys of what is made here are known, those of others are their owners'.
        foreach (var key in needs.Where(need => need.Key is not null && made.GetValueOrDefault(need.Secret) is { } keys && !keys.Contains(need.Key)).GroupBy(static need => (need.Secret, need.Key)))
        {
            yield return new Problem(ProblemKind.MissingConfiguration, key.Key.Secret, $"'{key.Key.Key}' is not filled in; {Users(key)} needs it.", $"Add a line {key.Key.Key}=VALUE to {Path.Combine(overlay.Folder, "secrets.env")}.");
        }

        foreach (var missing in needs.Where(need => !made.ContainsKey(need.Secret) && existing?.Contains(need.Secret) == false).GroupBy(static need => need.Secret))
        {
            var purpose = missing.Min(static need => need.Purpose);
            var keys = string.Join(", ", missing.Select(static need => need.Key).OfType<string>().Distinct().Order(StringComparer.Ordinal));
            yield return new Problem(
                ProblemKind.MissingConfiguration,
                missing.Key,
                $"The Secret {missing.Key} is not in the namespace{(keys.Length == 0 ? "" : $" (keys: {keys})")}; {Users(missing)} refers to it.",
                purpose switch
                {
                    SecretPurpose.Pull => $"After 'docker login': {kubectl} create secret generic {missing.Key} --type=kubernetes.io/dockerconfigjson --from-file=.dockerconfigjson=$HOME/.docker/config.json",
                    SecretPurpose.Certificate => $"{kubectl} create secret tls {missing.Key} --cert=FILE --key=FILE, or let cert-manager make it (exposure.annotations).",
                    _ => $"{kubectl} create secret generic {missing.Key} --from-env-file=FILE with one key=value per line, or set secrets.mode to generated.",
                })
            {
                IsWarning = purpose is not SecretPurpose.Start,
            };
        }
    }

    private static string Users(IEnumerable<SecretNeed> needs)
    {
        var users = needs.Select(static need => need.User).Distinct().ToList();
        return users.Count <= 2 ? string.Join(" and ", users) : $"{users[0]} and {users.Count - 1} others";
    }
}
