using Rag.Deploy.Kubernetes;

namespace Rag.Deploy.Planning;

/// <summary>Names and labels, in one place so that selectors and what they select cannot differ.</summary>
internal sealed class Naming(string platform, string version)
{
    /// <summary>Says which workload, or which part of the platform, an object belongs to.</summary>
    public const string NameLabel = "app.kubernetes.io/name";

    /// <summary>Who scales, stops and selects by it must never change it: a workload's selector is immutable.</summary>
    public Labels Selector(string name) => new()
    {
        [NameLabel] = name,
        ["app.kubernetes.io/part-of"] = platform,
    };

    /// <summary>All labels of an object.</summary>
    /// <param name="name">Of the workload that it belongs to.</param>
    /// <param name="component">What the workload is for, such as <c>service</c> or <c>store</c>.</param>
    /// <param name="ownVersion">Of something that is not released with the platform: a store must not restart because the platform has a new version.</param>
    public Labels Labels(string name, string component, string? ownVersion = null) => Selector(name).With(
    [
        new("app.kubernetes.io/component", component),
        new("app.kubernetes.io/version", ownVersion ?? version),
        new("app.kubernetes.io/managed-by", "rag"),
    ]);

    public ObjectMeta Meta(string name, string component, string? objectName = null, Labels? annotations = null) => new()
    {
        Name = objectName ?? name,
        Labels = Labels(name, component),
        Annotations = annotations,
    };

    /// <summary>The workload, or the part of the platform, that an object belongs to: what selectors, and the edges between parts, know it by.</summary>
    public static string PartOf(KubernetesObject one) => one.Metadata.Labels![NameLabel];

    /// <summary>The name of a resource as Kubernetes takes it.</summary>
    public static string Of(string resource) => resource.ToLowerInvariant();
}
