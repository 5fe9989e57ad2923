using System.Text.Json.Serialization;

namespace Rag.Deploy.Kubernetes;

/// <summary>
/// An object as the Kubernetes API has it. These types hold only the fields that are generated here; names, shapes and meaning are the API's
/// (https://kubernetes.io/docs/reference/kubernetes-api/), so they carry no comments of their own. A null member is not written; an empty one is.
/// </summary>
public abstract record KubernetesObject(string ApiVersion, string Kind)
{
    /// <summary>Group and version, such as <c>apps/v1</c>.</summary>
    [JsonPropertyOrder(-3)]
    public string ApiVersion { get; } = ApiVersion;

    /// <summary>Type of the object, such as <c>Deployment</c>.</summary>
    [JsonPropertyOrder(-2)]
    public string Kind { get; } = Kind;

    /// <summary>Name and labels.</summary>
    [JsonPropertyOrder(-1)]
    public required ObjectMeta Metadata { get; init; }

    /// <summary>What tells the object from every other one of the tree.</summary>
    [JsonIgnore]
    public ObjectKey Key => new(ApiVersion, Kind, Metadata.Namespace, Metadata.Name ?? throw new InvalidOperationException($"A {Kind} without a name stands in no tree."));
}

/// <summary>What tells one object from another.</summary>
public readonly record struct ObjectKey(string ApiVersion, string Kind, string? Namespace, string Name)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Kind}/{Name}";
}
