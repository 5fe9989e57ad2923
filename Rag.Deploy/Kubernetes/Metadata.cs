namespace Rag.Deploy.Kubernetes;

public sealed record ObjectMeta
{
    public string? Name { get; init; }
    public string? Namespace { get; init; }
    public Labels? Labels { get; init; }
    public Labels? Annotations { get; init; }
}

/// <summary>Keys and values, written in the order of their keys so that equal content is equal text.</summary>
public sealed class Labels : SortedDictionary<string, string>
{
    public Labels()
        : base(StringComparer.Ordinal)
    {
    }

    public Labels(IEnumerable<KeyValuePair<string, string>> entries)
        : this()
    {
        foreach (var (key, value) in entries)
        {
            Add(key, value);
        }
    }

    /// <summary>These and more; more wins.</summary>
    public Labels With(IEnumerable<KeyValuePair<string, string>> more)
    {
        var all = new Labels(this);
        foreach (var (key, value) in more)
        {
            all[key] = value;
        }

        return all;
    }
}

public sealed record LabelSelector
{
    public Labels? MatchLabels { get; init; }
    public IReadOnlyList<LabelSelectorRequirement>? MatchExpressions { get; init; }
}

public sealed record LabelSelectorRequirement(string Key, string Operator, IReadOnlyList<string>? Values = null);

public sealed record Namespace() : KubernetesObject("v1", "Namespace");

public sealed record ServiceAccount() : KubernetesObject("v1", "ServiceAccount")
{
    public bool? AutomountServiceAccountToken { get; init; }
    public IReadOnlyList<LocalObjectReference>? ImagePullSecrets { get; init; }
}

public sealed record LocalObjectReference(string Name);

public sealed record ConfigMap() : KubernetesObject("v1", "ConfigMap")
{
    public Labels? Data { get; init; }
}

public sealed record Secret() : KubernetesObject("v1", "Secret")
{
    public string? Type { get; init; }
    public Labels? StringData { get; init; }
}

public sealed record ResourceQuota() : KubernetesObject("v1", "ResourceQuota")
{
    public required ResourceQuotaSpec Spec { get; init; }
}

public sealed record ResourceQuotaSpec(Labels Hard);

public sealed record LimitRange() : KubernetesObject("v1", "LimitRange")
{
    public required LimitRangeSpec Spec { get; init; }
}

public sealed record LimitRangeSpec(IReadOnlyList<LimitRangeItem> Limits);

public sealed record LimitRangeItem(string Type)
{
    public Labels? Default { get; init; }
    public Labels? DefaultRequest { get; init; }
    public Labels? Max { get; init; }
}
