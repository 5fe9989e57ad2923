using Rag.Deploy.Planning;

namespace Rag.Deploy.Writing;

/// <summary>
/// Images in the one registry of a network that reaches no other: each keeps its path, so that the names stay apart and say where they are from.
/// </summary>
public static class RegistryRewrite
{
    /// <summary>Where an image is there, without tag and digest: <c>redis:8</c> is <c>registry.local/library/redis</c>.</summary>
    public static string NameOf(string image, string registry) => $"{registry}/{ImageReference.Parse(image).Repository}";

    /// <summary>What kustomize is told: names as they stand in manifests, and those that they become. Tags and digests stay as they are.</summary>
    public static IEnumerable<KustomizeImage> Of(IEnumerable<string> images, string registry) =>
        images.GroupBy(ImageReference.WithoutVersion, StringComparer.Ordinal).OrderBy(static group => group.Key, StringComparer.Ordinal)
            .Select(group => new KustomizeImage(group.Key, NameOf(group.First(), registry)));
}

/// <summary>Another name for an image.</summary>
/// <param name="Name">As it stands in the manifests, without tag and digest.</param>
/// <param name="NewName">Likewise.</param>
public sealed record KustomizeImage(string Name, string NewName);
