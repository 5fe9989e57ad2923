using System.Text.Json.Nodes;

namespace Rag.Cli.Deployment.Clusters;

/// <summary>A Secret that something in the manifests refers to.</summary>
/// <param name="Secret">Its name.</param>
/// <param name="Key">Which of its keys; null: all, or whichever.</param>
/// <param name="User">Who refers to it.</param>
/// <param name="Purpose">What for.</param>
internal sealed record SecretNeed(string Secret, string? Key, string User, SecretPurpose Purpose);

internal enum SecretPurpose
{
    /// <summary>Nothing starts without it.</summary>
    Start,

    /// <summary>Credentials of a registry: images that everybody may fetch come without.</summary>
    Pull,

    /// <summary>A certificate: without it routes answer with another one, or not at all.</summary>
    Certificate,
}

/// <summary>Which Secrets manifests refer to, and which of them they make themselves.</summary>
internal static class SecretNeeds
{
    public static IEnumerable<SecretNeed> Of(IEnumerable<JsonObject> objects) => objects.SelectMany(static one => Of(one).Distinct());

    /// <summary>Secrets that applying the manifests makes, with their keys where these are known.</summary>
    public static IReadOnlyDictionary<string, IReadOnlySet<string>?> Made(IEnumerable<JsonObject> objects)
    {
        var made = new Dictionary<string, IReadOnlySet<string>?>(StringComparer.Ordinal);
        foreach (var one in objects)
        {
            switch (one.Kind())
            {
                case "Secret":
                    made[one.Name()] = Keys(one["data"]).Concat(Keys(one["stringData"])).ToHashSet(StringComparer.Ordinal);
                    break;
                case "ExternalSecret" when one.Text("spec", "target", "name") is { } target:
                    made[target] = null;
                    break;
                case "Certificate" when one.Text("spec", "secretName") is { } certificate:
                    made[certificate] = null;
                    break;
                case "Cluster" when one.ApiVersion().StartsWith("postgresql.cnpg.io/", StringComparison.Ordinal):
                    made[$"{one.Name()}-app"] = null;
                    break;
            }
        }

        return made;
    }

    private static IEnumerable<SecretNeed> Of(JsonObject one)
    {
        var user = $"{one.Kind()} {one.Name()}";
        if (one.PodSpec() is { } pod)
        {
            return OfPod(pod, user);
        }

        return one.Kind() switch
        {
            "ServiceAccount" => one.Items("imagePullSecrets").Select(secret => new SecretNeed(secret["name"]!.ToString(), Key: null, user, SecretPurpose.Pull)),
            "TriggerAuthentication" => one.Items("spec", "secretTargetRef").Select(target => new SecretNeed(target["name"]!.ToString(), target.Text("key"), user, SecretPurpose.Start)),
            "Ingress" when !IsCertified(one) => one.Items("spec", "tls").Where(static tls => tls["secretName"] is not null).Select(tls => new SecretNeed(tls["secretName"]!.ToString(), Key: null, user, SecretPurpose.Certificate)),
            _ => [],
        };
    }

    private static IEnumerable<SecretNeed> OfPod(JsonObject pod, string user)
    {
        foreach (var volume in pod.Items("volumes"))
        {
            var sources = volume.Items("projected", "sources").Select(static source => source["secret"]).OfType<JsonObject>()
                .Select(static source => (Source: source, Name: source.Text("name")));
            var whole = volume["secret"] is JsonObject secret ? [(Source: secret, Name: secret.Text("secretName"))] : Array.Empty<(JsonObject Source, string? Name)>();
            foreach (var (source, name) in whole.Concat(sources).Where(static pair => pair.Name is not null && pair.Source.Text("optional") != "true"))
            {
                var keys = source.Items("items").Select(static item => item.Text("key")).ToList();
                foreach (var key in keys.Count > 0 ? keys : [null])
                {
                    yield return new SecretNeed(name!, key, user, SecretPurpose.Start);
                }
            }
        }

        foreach (var container in pod.Containers())
        {
            var single = container.Items("env").Select(static variable => variable.At("valueFrom", "secretKeyRef")).OfType<JsonObject>();
            foreach (var reference in single.Concat(container.Items("envFrom").Select(static source => source["secretRef"]).OfType<JsonObject>()).Where(static reference => reference.Text("optional") != "true"))
            {
                yield return new SecretNeed(reference["name"]!.ToString(), reference.Text("key"), user, SecretPurpose.Start);
            }
        }

        foreach (var secret in pod.Items("imagePullSecrets"))
        {
            yield return new SecretNeed(secret["name"]!.ToString(), Key: null, user, SecretPurpose.Pull);
        }
    }

    // cert-manager makes the certificate of an Ingress that asks for it this way.
    private static bool IsCertified(JsonObject ingress) =>
        (ingress.At("metadata", "annotations") as JsonObject)?.Any(static annotation => annotation.Key.StartsWith("cert-manager.io/", StringComparison.Ordinal)) == true;

    // A key without a value is one that nobody has filled in yet.
    private static IEnumerable<string> Keys(JsonNode? data) => (data as JsonObject)?.Where(static entry => entry.Value?.ToString().Length > 0).Select(static entry => entry.Key) ?? [];
}
