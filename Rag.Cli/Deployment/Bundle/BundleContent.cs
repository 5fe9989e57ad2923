using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Rag.Cli.Deployment.Clusters;
using Rag.Deploy.Planning;
using Rag.Deploy.Writing;

namespace Rag.Cli.Deployment.Bundle;

/// <summary>One line of <c>images.lock</c>.</summary>
/// <param name="Reference">As the cluster would fetch it.</param>
/// <param name="Target">Where it goes in the other network; null: onto nodes, under its own name.</param>
/// <param name="Users">Who runs it.</param>
/// <param name="Found">Null: it could not be had.</param>
internal sealed record LockedImage(ImageReference Reference, string? Target, IReadOnlyList<string> Users, FoundImage? Found);

/// <summary>The texts of a bundle: pure functions of the manifests and the images, so that the same bundle has the same bytes.</summary>
internal static class BundleContent
{
    private const string SecretsFile = "secrets.env";

    // load.sh has it too.
    private const string TagOfNone = "bundled";

    /// <summary>The same path in another registry: <c>docker.io/library/redis:8</c> becomes <c>registry.local/library/redis:8</c>.</summary>
    public static string Rewrite(ImageReference image, string registry) => $"{RegistryRewrite.NameOf(image.Name, registry)}:{image.Tag ?? TagOfNone}";

    /// <summary>What it is called on a node that it was loaded onto: a node knows digests of images that it fetched, not of those that it was given.</summary>
    public static string OnNode(ImageReference image) => $"{image.FullRepository}:{image.Tag ?? TagOfNone}";

    /// <summary>Two images that would take each other's place on the other side; null where there are none.</summary>
    public static (LockedImage One, LockedImage Other)? Clash(IReadOnlyList<LockedImage> images)
    {
        var pairs = images.SelectMany((one, index) => images.Skip(index + 1).Select(other => (one, other))).Where(static pair => pair.one.Found?.Image.Digest != pair.other.Found?.Image.Digest);
        return pairs.Where(static pair => Place(pair.one) == Place(pair.other) || ImageSource.FileName(pair.one.Reference) == ImageSource.FileName(pair.other.Reference))
            .Select(static pair => ((LockedImage One, LockedImage Other)?)pair).FirstOrDefault();
    }

    private static string Place(LockedImage image) => image.Target ?? OnNode(image.Reference);

    /// <summary>A file of lines with tabs between columns, that a shell reads as well as a person does.</summary>
    public static string Lock(IEnumerable<LockedImage> images)
    {
        var text = new StringBuilder("""
            # reference	target	digest	size	format	file	purpose
            # digest: of the manifest, as registries know it; "-" where the archive has none (docker-archive): it gets one when it is pushed.

            """.ReplaceLineEndings("\n"));
        foreach (var image in images)
        {
            string[] columns = image.Found is { } found
                ? [found.Digest ?? "-", new FileInfo(found.Archive.File).Length.ToString(CultureInfo.InvariantCulture), found.Archive.Transport, $"images/{ImageSource.FileName(image.Reference)}"]
                : [image.Reference.Digest ?? "-", "-", "-", "-"];
            // Runs of tabs are one to a shell, so that nothing may be empty.
            string[] line = [image.Reference.ToString(), image.Target ?? "-", .. columns, string.Join(", ", image.Users)];
            text.AppendJoin('\t', line).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>The environment as one file, without the Secret: what it holds is filled in on the other side.</summary>
    /// <param name="overlay">It.</param>
    /// <param name="forNodes">Whether images are loaded onto nodes, and have to be asked for as they are called there.</param>
    public static string Platform(Overlay overlay, bool forNodes) => YamlText.Write(
        overlay.Objects.Where(static one => !IsGenerated(one)).Select(one => forNodes ? WithoutDigests(one) : one), $"Environment {overlay.Environment}, as 'rag bundle' rendered it.");

    private static JsonObject WithoutDigests(JsonObject one)
    {
        var copy = one.DeepClone().AsObject();
        foreach (var container in copy.PodSpec()?.Containers() ?? [])
        {
            if (container.Text("image") is { } text && ImageReference.Parse(text) is { Digest: not null } image)
            {
                container["image"] = OnNode(image);
            }
        }

        return copy;
    }

    /// <summary>
    /// Puts it together: the registry of the other network instead of those of the world, and the secrets. Tags and digests stay as they are: what is pinned was
    /// packed by that digest.
    /// </summary>
    public static string Kustomization(Overlay overlay, string? registry)
    {
        var images = registry is null ? [] : RegistryRewrite.Of(TreeFacts.Images(overlay.Objects).Keys, registry).Select(static image => ManifestTree.OfPart(image)!).ToArray();
        var secrets = overlay.Objects.Where(IsGenerated).Select(static secret => (JsonNode)new JsonObject
        {
            ["name"] = secret.Name(),
            ["namespace"] = secret.Text("metadata", "namespace"),
            ["envs"] = new JsonArray(SecretsFile),
            ["options"] = new JsonObject { ["disableNameSuffixHash"] = true, ["labels"] = secret.At("metadata", "labels")?.DeepClone() },
        }).ToArray();
        var whole = new JsonObject { ["apiVersion"] = "kustomize.config.k8s.io/v1beta1", ["kind"] = "Kustomization", ["resources"] = new JsonArray("platform.yaml") };
        if (images.Length > 0)
        {
            whole["images"] = new JsonArray(images);
        }

        if (secrets.Length > 0)
        {
            whole["secretGenerator"] = new JsonArray(secrets);
        }

        return YamlText.Write([whole]);
    }

    /// <summary>The keys that have to be filled in; null where the environment's secrets come from elsewhere.</summary>
    public static string? SecretsExample(Overlay overlay)
    {
        var keys = overlay.Objects.Where(IsGenerated).SelectMany(static secret => (secret["data"] as JsonObject)?.Select(static entry => entry.Key) ?? []).Order(StringComparer.Ordinal).ToList();
        return keys.Count == 0 ? null : "# Fill in and save as secrets.env beside this file, readable by its owner only. The databases are initialised with it: keep it.\n" + string.Concat(keys.Select(static key => $"{key}=\n"));
    }

    public static string Readme(Overlay overlay, string? registry, IReadOnlyList<LockedImage> images, bool withSecrets)
    {
        var missing = images.Where(static image => image.Found is null).ToList();
        var text = new StringBuilder();
        text.Append(string.Create(CultureInfo.InvariantCulture, $"""
            # {overlay.Platform ?? overlay.Namespace}, environment {overlay.Environment}

            Everything that a cluster without a way to the internet needs: images, manifests, checksums.

            1. `sh verify.sh` compares every file with its checksum.
            2. `sh load.sh {(registry is null ? "node` on every node" : $"push` pushes the images into `{registry}`")}.
            3. {SecretsStep(overlay, withSecrets)}
            4. `kubectl apply --server-side --field-manager=rag -k manifests`

            `images.lock` lists the images: reference, target, digest, size in bytes, format, file, who runs it.
            Images that operators of the cluster fetch for themselves (a database operator's, a controller's) are not among them.

            """).ReplaceLineEndings("\n"));
        if (images.Any(static image => image.Reference.Digest is not null))
        {
            text.Append(registry is null
                ? "What the values pin by digest was packed by it. A node knows it by its tag; that it is the same, the checksums say.\n"
                : "What the values pin by digest was packed by it and keeps it when skopeo pushes; podman and docker may change it, and are refused.\n");
        }

        if (missing.Count > 0)
        {
            text.Append("\n## Not in this bundle\n\nOn a machine that reaches their registries:\n\n```\n").AppendJoin('\n', missing.Select(static image => ImageSource.Command(image.Reference))).Append("\n```\n");
        }

        return text.ToString();
    }

    private static string SecretsStep(Overlay overlay, bool withSecrets) => SecretsExample(overlay) is null ? "The secrets come from where the values say."
        : withSecrets ? "The secrets are in `manifests/secrets.env`: keep this bundle as safe as the data. For an upgrade compare them with those of the bundle before: the databases know what they were made with, and nothing else."
        : "Fill in `manifests/secrets.env.example` and save it as `manifests/secrets.env`. For an upgrade take the `manifests/secrets.env` of before instead: the databases know what they were made with, and nothing else.";

    /// <summary>Whether kustomize makes the object out of a file of secrets.</summary>
    private static bool IsGenerated(JsonObject one) => one.Kind() == "Secret" && one["data"] is JsonObject;
}
