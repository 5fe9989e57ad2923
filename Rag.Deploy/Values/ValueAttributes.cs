using System.ComponentModel.DataAnnotations;

namespace Rag.Deploy.Values;

/// <summary>A label of DNS (RFC 1123): what Kubernetes allows as the name of a Service or a namespace.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DnsLabelAttribute : RegularExpressionAttribute
{
    /// <summary>At most <paramref name="maxLength"/> characters.</summary>
    public DnsLabelAttribute(int maxLength = 63)
        : base($"[a-z]([a-z0-9-]{{0,{maxLength - 2}}}[a-z0-9])?")
    {
        MaxLength = maxLength;
        ErrorMessage = $"lower case letters, digits and '-', beginning with a letter and not ending with '-', at most {maxLength} characters";
    }

    /// <summary>Characters at most.</summary>
    public int MaxLength { get; }
}

/// <summary>A name of DNS (RFC 1123): what Kubernetes allows as the name of most objects.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DnsNameAttribute : RegularExpressionAttribute
{
    /// <summary>At most 253 characters.</summary>
    public DnsNameAttribute()
        : base(@"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*") =>
        ErrorMessage = "lower case letters, digits, '-' and '.', beginning and ending with a letter or digit, at most 253 characters";
}

/// <summary>A name that is looked up, or an address.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class HostNameAttribute : RegularExpressionAttribute
{
    /// <summary>Without wildcards.</summary>
    public HostNameAttribute()
        : base(@"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*") =>
        ErrorMessage = "a host name or an address, without scheme, port and path";
}

/// <summary>An amount as Kubernetes writes it.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class QuantityAttribute : RegularExpressionAttribute
{
    /// <summary>A positive one.</summary>
    public QuantityAttribute()
        : base(@"(?!0+(\.0+)?($|[a-zA-Z]))[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?") =>
        ErrorMessage = "an amount such as 500m, 2, 512Mi or 10Gi";
}

/// <summary>An absolute path of HTTP.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class HttpPathAttribute : RegularExpressionAttribute
{
    /// <summary>Beginning with a slash.</summary>
    public HttpPathAttribute()
        : base("/[A-Za-z0-9._~/-]*") =>
        ErrorMessage = "a path that begins with '/'";
}

/// <summary>An http or https URL.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class HttpUrlAttribute : RegularExpressionAttribute
{
    /// <summary>Without credentials.</summary>
    public HttpUrlAttribute()
        : base("https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[^ ]*)?") =>
        ErrorMessage = "an http or https URL without credentials";
}

/// <summary>A Service of the cluster with its namespace and port.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ClusterAddressAttribute : RegularExpressionAttribute
{
    /// <summary>The namespace is needed: the network policy names it.</summary>
    public ClusterAddressAttribute()
        : base(@"[a-z]([a-z0-9-]{0,61}[a-z0-9])?\.[a-z]([a-z0-9-]{0,61}[a-z0-9])?(\.svc(\.[a-z0-9.-]+)?)?:[1-9][0-9]{0,4}") =>
        ErrorMessage = "service.namespace:port, such as alertmanager.monitoring:9093";
}
