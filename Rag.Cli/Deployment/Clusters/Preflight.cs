using Rag.Cli.Deployment.Diagnosis;
using Rag.Deploy.Values;

namespace Rag.Cli.Deployment.Clusters;

/// <summary>What a cluster has to have before manifests are applied to it. Everything that is missing is named at once.</summary>
internal static class Preflight
{
    /// <summary>Compares what the manifests need with what there is.</summary>
    /// <param name="overlay">The manifests.</param>
    /// <param name="target">The cluster.</param>
    /// <param name="facts">What it has.</param>
    public static IReadOnlyList<Problem> Of(Overlay overlay, ClusterTarget target, ClusterFacts facts) =>
    [
        .. Version(overlay, target),
        .. Resident(overlay, facts),
        .. TypeProblems.Of(overlay.Objects, facts.Served),
        .. Claims(overlay, facts),
        .. ForeignClaims(overlay, facts),
        .. Secrets(overlay, facts),
        .. OtherSecrets(overlay, facts),
    ];

    private static IEnumerable<Problem> Claims(Overlay overlay, ClusterFacts facts)
    {
        if (facts.StorageClasses is not { } classes)
        {
            return [];
        }

        // A volume made by hand that is kept for a claim serves it, whatever class both name.
        var reserved = TreeFacts.ReservedClaims(overlay.Objects, overlay.Namespace);
        return TreeFacts.Claims(overlay.Objects).Where(claim => !reserved.Contains(claim.Name) && !facts.ServedClaims.Contains(claim.Name))
            .Select(claim => StorageProblems.Of(claim.Name, claim.StorageClass, classes) ?? StorageProblems.OfShared(claim, classes)).OfType<Problem>();
    }

    // Somebody else makes them, and a pod waits for one without a word of its own.
    private static IEnumerable<Problem> ForeignClaims(Overlay overlay, ClusterFacts facts) => facts.Claims is not { } there ? [] : TreeFacts.ForeignClaims(overlay.Objects)
        .Select(claim => !there.TryGetValue(claim.Key, out var modes) ? StorageProblems.Missing(claim.Key, claim.Key, $"; {Users(claim.Value)} {(claim.Value.Count == 1 ? "mounts" : "mount")} it")
            : claim.Value.Count > 1 && !modes.Contains("ReadWriteMany") ? StorageProblems.OfOneNodeOnly(claim.Key, Users(claim.Value))
            : null)
        .OfType<Problem>();

    // The databases were initialised with what the cluster has: the first pod that starts with another password cannot sign in.
    private static IEnumerable<Problem> OtherSecrets(Overlay overlay, ClusterFacts facts) => facts.HiddenSecrets.Select(secret => new Problem(
        ProblemKind.OtherSecrets,
        secret,
        $"Whether the Secret {secret} on the cluster is the one of this checkout is not known: these credentials may not read it.",
        $"Is {Path.Combine(overlay.Folder, "secrets.env")} the file that the platform was made with? Its databases know no other.")
    {
        IsWarning = true,
    }).Concat(facts.ReplacedKeys.Where(static secret => secret.Value.Count > 0).Select(secret => new Problem(
        ProblemKind.OtherSecrets,
        secret.Key,
        $"The secrets of this checkout are not those that the platform was made with: {string.Join(", ", secret.Value)} {(secret.Value.Count == 1 ? "differs" : "differ")}. Databases keep the old ones, and nothing could sign in.",
        $"'./rag secrets pull -e {overlay.Environment}' takes over those of the cluster into {Path.Combine(overlay.Folder, "secrets.env")}. Where the change is meant, such as another key of a model: --replace-secrets.")));

    private static IEnumerable<Problem> Version(Overlay overlay, ClusterTarget target)
    {
        var (lowest, because) = TreeFacts.LowestVersion(overlay.Objects);
        if (target.ServerMinor is > 0 and var minor && minor < lowest)
        {
            yield return new Problem(ProblemKind.VersionTooLow, "Kubernetes", $"The cluster is {target.ServerVersion}; the manifests need 1.{lowest} ({because}).", $"Set cluster.kubernetesVersion to \"1.{target.ServerMinor}\" in the values, or update the cluster.");
        }
    }

    // Secrets are applied before everything else: the databases of the other environment would stay, and nobody would know their passwords.
    private static IEnumerable<Problem> Resident(Overlay overlay, ClusterFacts facts)
    {
        if (facts.Resident is { } resident && overlay.Label is { } own && own != resident)
        {
            yield return new Problem(
                ProblemKind.Refused,
                overlay.Namespace,
                $"The namespace {overlay.Namespace} holds the environment '{resident}', and this is '{own}': its secrets would be replaced, and its databases know only the old ones.",
                $"Give one of them a namespace of its own ('namespace' in values.{own}.yaml), or, where '{resident}' was removed with its data: {facts.Kubectl} label namespace {overlay.Namespace} {ClusterValues.EnvironmentLabel}={own} --overwrite");
        }
    }

    private static IEnumerable<Problem> Secrets(Overlay overlay, ClusterFacts facts)
    {
        var existing = facts.Secrets;
        // The namespace comes with what is applied, which waits for this: without it there is no place to put a Secret.
        var kubectl = facts.HasNamespace == false ? $"{facts.Kubectl.Replace($" -n {overlay.Namespace}", "", StringComparison.Ordinal)} create namespace {overlay.Namespace}; {facts.Kubectl}" : facts.Kubectl;
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
                    SecretPurpose.Pull => PullSecret.Command(kubectl, missing.Key, registry: null),
                    SecretPurpose.Certificate => $"{kubectl} create secret tls {missing.Key} --cert=FILE --key=FILE, or let cert-manager make it (exposure.annotations).",
                    _ => $"{kubectl} create secret generic {missing.Key} --from-env-file=FILE with one key=value per line. The platform's own is made by secrets.mode: generated.",
                })
            {
                IsWarning = purpose is not SecretPurpose.Start,
            };
        }
    }

    private static string Users(IEnumerable<SecretNeed> needs) => Users([.. needs.Select(static need => need.User).Distinct()]);

    private static string Users(IReadOnlyList<string> users) => users.Count <= 2 ? string.Join(" and ", users) : $"{users[0]} and {users.Count - 1} others";
}
