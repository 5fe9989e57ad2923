using System.Text.Json.Nodes;
using Rag.Deploy.Planning;
using Rag.Deploy.Secrets;
using Rag.Deploy.Values;

namespace Rag.Deploy.Tests.Checks;

/// <summary>Where secrets stand, and where images come from.</summary>
internal static class SecretChecks
{
    // Whoever names no registries means those that everybody's images come from.
    private static readonly string[] WellKnownRegistries = ["docker.io", "ghcr.io", "mcr.microsoft.com", "quay.io", "registry.k8s.io"];
    private static readonly string[] PullPolicies = ["IfNotPresent", "Always", "Never"];

    // What CloudNativePG puts into the Secret of an application.
    private static readonly string[] OperatorsKeys = ["username", "password", "dbname", "host", "port", "uri", "jdbc-uri"];

    public static IReadOnlyList<Check> All { get; } =
    [
        new(34, "no credential in a variable, an argument or a ConfigMap", NoCredential),
        new(35, "secrets as files, where the program reads them", SecretsAsFiles),
        new(36, "every secret has one source, which may be a store outside", OneSource),
        new(37, "images by a tag that is not 'latest'", ExplicitTag),
        new(38, "images by digest, where it is known", DigestWhereKnown) { NothingWhere = "the values name no digests (`images.digests`)" },
        new(39, "images from allowed registries", AllowedRegistry),
        new(40, "pull policy stated", PullPolicy),
        new(41, "how signatures are verified is documented", SignatureDocumented),
    ];

    private static IEnumerable<Finding> NoCredential(RenderedPlatform platform)
    {
        var secrets = platform.SecretValues.Where(static value => value.Length >= 8).ToList();
        foreach (var config in platform.OfKind("ConfigMap"))
        {
            yield return Judge($"ConfigMap/{config.Text("metadata", "name")}", config.Map("data"));
        }

        foreach (var workload in platform.Workloads)
        {
            foreach (var container in workload.Containers)
            {
                var texts = container.Items("env").Where(static variable => variable["value"] is not null).Select(static variable => (Name: variable.Text("name") ?? "", Value: variable.Text("value")!))
                    .Concat(container.Texts("args").Concat(container.Texts("command")).Select(static argument => (Name: "", Value: argument)));
                yield return Judge($"{workload} {container.Text("name")}", texts.Select(static text => KeyValuePair.Create(text.Name, text.Value)));
            }
        }

        Finding Judge(string subject, IEnumerable<KeyValuePair<string, string>> texts)
        {
            var open = texts.Where(text => (CredentialText.IsName(text.Key) && !CredentialText.IsSetting(text.Value) && !text.Value.Contains("$(", StringComparison.Ordinal))
                || CredentialText.IsInside(text.Value)
                || secrets.Exists(secret => text.Value.Contains(secret, StringComparison.Ordinal))).Select(static text => text.Key).ToList();
            return Finding.Of(subject, open.Count == 0, $"a credential stands in {string.Join(", ", open)}");
        }
    }

    private static IEnumerable<Finding> SecretsAsFiles(RenderedPlatform platform) =>
        from workload in platform.Workloads
        from container in workload.Containers
        let variables = container.Items("env").Where(static variable => variable.At("valueFrom", "secretKeyRef") is not null).Concat(container.Items("envFrom").Where(static source => source["secretRef"] is not null))
        select Finding.Of($"{workload} {container.Text("name")}", !variables.Any(), "it gets secrets as variables", workload.Reason(PodReview.SecretVariables));

    private static IEnumerable<Finding> OneSource(RenderedPlatform platform)
    {
        var sources = platform.OfKind("Secret").Select(static secret => (Name: secret.Text("metadata", "name")!, Keys: secret.Map("data").Keys.ToArray()))
            .Concat(platform.OfKind("ExternalSecret").Select(static secret => (Name: secret.Text("spec", "target", "name")!, Keys: secret.Items("spec", "data").Select(static data => data.Text("secretKey")!).ToArray())))
            .Concat(platform.OfKind("Cluster").Select(static cluster => (Name: $"{cluster.Text("metadata", "name")}-app", Keys: OperatorsKeys)))
            .ToLookup(static source => source.Name, static source => source.Keys, StringComparer.Ordinal);
        foreach (var (workload, secret, key) in platform.Workloads.SelectMany(static workload => References(workload).Select(reference => (workload, reference.Secret, reference.Key))))
        {
            var isOthers = (platform.Values.Secrets.Mode == SecretMode.Existing && secret == platform.Values.Secrets.Name)
                || secret == platform.Values.Monitoring.Collector.Otlp?.AuthorizationSecret
                || secret == platform.Values.Migration?.Administrator?.Secret
                || platform.Values.Stores.Values.Any(store => secret == store.Backup?.S3?.Secret)
                || secret == platform.Values.Originals.S3?.Secret
                || secret == platform.Values.Trust?.Secret
                || platform.Values.Inference.Values.Any(model => secret == model.TokenSecret);
            yield return Finding.Of(
                $"{workload} {secret}/{key}", isOthers || (sources[secret].ToList() is [var keys] && (key is null || keys.Contains(key))), $"nothing makes '{key}' of the Secret '{secret}', or two things do");
        }
    }

    private static IEnumerable<(string Secret, string? Key)> References(Workload workload)
    {
        foreach (var container in workload.Containers)
        {
            foreach (var reference in container.Items("env").Select(static variable => variable.At("valueFrom", "secretKeyRef")).OfType<JsonObject>())
            {
                yield return (reference.Text("name")!, reference.Text("key"));
            }
        }

        foreach (var volume in workload.Pod.Items("volumes"))
        {
            IEnumerable<JsonObject> projected = volume.Items("projected", "sources").Select(static source => source["secret"]).OfType<JsonObject>();
            foreach (var (name, items) in projected.Select(static source => (source.Text("name"), source.Items("items"))).Append((volume.Text("secret", "secretName"), volume.Items("secret", "items"))))
            {
                if (name is not null)
                {
                    foreach (var key in items.Select(static item => item.Text("key")).DefaultIfEmpty(null))
                    {
                        yield return (name, key);
                    }
                }
            }
        }
    }

    private static IEnumerable<Finding> ExplicitTag(RenderedPlatform platform) =>
        Images(platform, static image => image is { Digest: not null } or { Tag: not (null or "latest") }, "it names no tag, or 'latest'", PodReview.MovingTag);

    private static IEnumerable<Finding> DigestWhereKnown(RenderedPlatform platform) =>
        from workload in platform.Workloads
        from container in workload.Containers
        let digest = platform.Values.Images.Digests.GetValueOrDefault(workload.MainContainers.Contains(container) ? workload.Name : container.Text("name")!)
        where digest is not null
        select Finding.Of($"{workload} {container.Text("name")}", container.Text("image")!.EndsWith($"@{digest}", StringComparison.Ordinal), "its digest is known and not named");

    private static IEnumerable<Finding> AllowedRegistry(RenderedPlatform platform)
    {
        var images = platform.Values.Images;
        string[] named = [.. new[] { images.Registry, images.Mirror }.Where(static registry => !string.IsNullOrEmpty(registry)).OfType<string>()];
        var allowed = images.AllowedRegistries.Count > 0 ? images.AllowedRegistries : images.Mirror is null ? [.. named, .. WellKnownRegistries] : named;
        return Images(platform, image => allowed.Any(image.IsFrom), $"it comes from none of {string.Join(", ", allowed)}");
    }

    private static IEnumerable<Finding> PullPolicy(RenderedPlatform platform) =>
        from workload in platform.Workloads
        from container in workload.Containers
        select Finding.Of($"{workload} {container.Text("name")}", PullPolicies.Contains(container.Text("imagePullPolicy")), "it states no pull policy");

    private static IEnumerable<Finding> SignatureDocumented(RenderedPlatform platform) =>
        [Finding.Of("docs/kubernetes.md", platform.Documentation.Contains("cosign verify", StringComparison.Ordinal), "it does not say how the signature of an image is verified")];

    private static IEnumerable<Finding> Images(RenderedPlatform platform, Func<ImageReference, bool> isKept, string fault, string? annotation = null) =>
        from workload in platform.Workloads
        from container in workload.Containers
        select Finding.Of($"{workload} {container.Text("image")}", isKept(ImageReference.Parse(container.Text("image")!)), fault, annotation is null ? null : workload.Reason(annotation));
}
