using System.ComponentModel.DataAnnotations;

namespace Rag.Deploy.Values;

/// <summary>Pieces that several patterns below are made of.</summary>
internal static class Patterns
{
    /// <summary>1 to 65535.</summary>
    public const string Port = "([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])";

    /// <summary>A registry, and a path in it.</summary>
    public const string Registry = $"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:{Port})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*";
}

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

/// <summary>A secret by its name: a key of a Secret, and what expressions refer to.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SecretNameAttribute : RegularExpressionAttribute
{
    /// <summary>As the names of an app model's parameters are.</summary>
    public SecretNameAttribute()
        : base("[A-Za-z]([A-Za-z0-9-]{0,62}[A-Za-z0-9])?") =>
        ErrorMessage = "letters, digits and '-', beginning with a letter and not ending with '-', at most 64 characters";
}

/// <summary>A name that is looked up, or an address.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class HostNameAttribute : RegularExpressionAttribute
{
    /// <summary>Without wildcards.</summary>
    public HostNameAttribute()
        : base(@"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*") =>
        ErrorMessage = "a host name or an address, without scheme, port and path";
}

/// <summary>A name that people type: what an Ingress and an HTTPRoute take as a host.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PublicHostAttribute : RegularExpressionAttribute
{
    /// <summary>In lower case, without wildcards, and no address.</summary>
    public PublicHostAttribute()
        : base(@"(?=.{1,253}$)(?![0-9.]+$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*") =>
        ErrorMessage = "a host name in lower case such as rag.example.com, no address, without scheme, port and path";
}

/// <summary>A registry of images, and a path in it.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class RegistryAttribute : RegularExpressionAttribute
{
    /// <summary>Without a scheme.</summary>
    /// <param name="mayBeEmpty">Whether none may be named.</param>
    public RegistryAttribute(bool mayBeEmpty = false)
        : base(mayBeEmpty ? $"({Patterns.Registry})?" : Patterns.Registry)
    {
        MayBeEmpty = mayBeEmpty;
        ErrorMessage = "a host, a port and a path in lower case, without a scheme, such as registry.example.com:5000/rag";
    }

    /// <summary>Whether none may be named.</summary>
    public bool MayBeEmpty { get; }
}

/// <summary>A user of a database. It becomes part of connection strings, so it holds nothing that would end its field there.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DatabaseUserAttribute : RegularExpressionAttribute
{
    /// <summary>At most 63 characters, as PostgreSQL has them.</summary>
    public DatabaseUserAttribute()
        : base("[A-Za-z0-9_][A-Za-z0-9_$@.-]{0,62}") =>
        ErrorMessage = "letters, digits, '_', '$', '@', '.' and '-', beginning with a letter, digit or '_', at most 63 characters";
}

/// <summary>A model as engines and services name it.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ModelNameAttribute : RegularExpressionAttribute
{
    /// <summary>It becomes an argument, so it does not begin as an option does.</summary>
    public ModelNameAttribute()
        : base("[A-Za-z0-9/][A-Za-z0-9/._:@+-]{0,254}") =>
        ErrorMessage = "a name such as Qwen/Qwen3-8B or a path: letters, digits and / . _ : @ + -, at most 255 characters";
}

/// <summary>The key of a label or an annotation.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class LabelKeyAttribute : RegularExpressionAttribute
{
    /// <summary>With or without a domain.</summary>
    public LabelKeyAttribute()
        : base("([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?") =>
        ErrorMessage = "letters, digits, '-', '_' and '.', at most 63, with an optional prefix such as example.com/";
}

/// <summary>The value of a label.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class LabelValueAttribute : RegularExpressionAttribute
{
    /// <summary>At most 63 characters.</summary>
    public LabelValueAttribute()
        : base("[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?") =>
        ErrorMessage = "letters, digits, '-', '_' and '.', at most 63, beginning and ending with a letter or digit";
}

/// <summary>What nodes call something that they have a number of, such as GPUs.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NodeResourceAttribute : RegularExpressionAttribute
{
    /// <summary>With the domain of whoever counts it.</summary>
    public NodeResourceAttribute()
        : base("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?") =>
        ErrorMessage = "a name with its domain, such as nvidia.com/gpu";
}

/// <summary>An amount of cores as Kubernetes writes it.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class CoresAttribute : RegularExpressionAttribute
{
    /// <summary>A positive one.</summary>
    public CoresAttribute()
        : base(@"(?!0+(\.0+)?m?$)([0-9]{1,4}(\.[0-9]{1,3})?|[0-9]{1,7}m)") =>
        ErrorMessage = "an amount such as 500m or 2, from 1m to 9999";
}

/// <summary>An amount of memory or storage as Kubernetes writes it.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class BytesAttribute : RegularExpressionAttribute
{
    /// <summary>A positive one, with a unit: of bytes alone nobody means a few, and <c>512m</c> are thousandths of a byte.</summary>
    public BytesAttribute()
        : base(@"(?!0+(\.0+)?[a-zA-Z])([0-9]{1,9}(\.[0-9]{1,3})?(k|M|G|Ki|Mi|Gi)|[0-9]{1,6}(\.[0-9]{1,3})?(T|Ti)|[0-9]{1,3}(\.[0-9]{1,3})?(P|Pi))|[1-9][0-9]{6,17}") =>
        ErrorMessage = "an amount such as 512Mi or 10Gi, below 1000Pi";
}

/// <summary>When something is done again and again: five fields of cron, each in its range.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class CronScheduleAttribute : RegularExpressionAttribute
{
    private const string Minute = "[0-5]?[0-9]";
    private const string Hour = "([01]?[0-9]|2[0-3])";
    private const string Day = "(0?[1-9]|[12][0-9]|3[01])";
    private const string Month = "(0?[1-9]|1[0-2])";
    private const string Weekday = "[0-6]";

    /// <summary>Numbers, lists, ranges and steps; no names and no short forms such as <c>@daily</c>.</summary>
    public CronScheduleAttribute()
        : base($"{Field(Minute)} {Field(Hour)} {Field(Day)} {Field(Month)} {Field(Weekday)}") =>
        ErrorMessage = "five fields of cron (minute, hour, day, month, weekday from 0 for Sunday), such as 15 2 * * *";

    private static string Field(string number) => $"{Item(number)}(,{Item(number)})*";

    private static string Item(string number) => $@"(\*|{number}(-{number})?)(/[1-9][0-9]?)?";
}

/// <summary>A variable of the environment, or the beginning of several.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class VariableNameAttribute : RegularExpressionAttribute
{
    /// <summary>As shells and .NET know them.</summary>
    /// <param name="mayBeEmpty">Whether none may be named.</param>
    public VariableNameAttribute(bool mayBeEmpty = false)
        : base(mayBeEmpty ? "([A-Za-z_][A-Za-z0-9_]*)?" : "[A-Za-z_][A-Za-z0-9_]*")
    {
        MayBeEmpty = mayBeEmpty;
        ErrorMessage = "letters, digits and '_', not beginning with a digit";
    }

    /// <summary>Whether none may be named.</summary>
    public bool MayBeEmpty { get; }
}

/// <summary>What an image is named by beside its tag.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ImageDigestAttribute : RegularExpressionAttribute
{
    /// <summary>Of SHA-256.</summary>
    public ImageDigestAttribute()
        : base("sha256:[0-9a-f]{64}") =>
        ErrorMessage = "'sha256:' and 64 hexadecimal digits in lower case";
}

/// <summary>An image with a tag that stays what it is, or a digest.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PinnedImageAttribute : RegularExpressionAttribute
{
    /// <summary>Not <c>latest</c>, and not without a tag, which is the same.</summary>
    public PinnedImageAttribute()
        : base($"[a-z0-9][a-z0-9._/-]*(:{Patterns.Port}/[a-z0-9._/-]+)?(:(?!latest(@|$))[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}}(@sha256:[0-9a-f]{{64}})?|@sha256:[0-9a-f]{{64}})") =>
        ErrorMessage = "an image with a tag other than 'latest' or with a digest, such as registry.example.com/app:1.2";
}

/// <summary>An absolute path in a container.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class FolderPathAttribute : RegularExpressionAttribute
{
    /// <summary>Not the root.</summary>
    public FolderPathAttribute()
        : base("/[^/:]+(/[^/:]+)*") =>
        ErrorMessage = "an absolute path, not the root, not ending with '/'";
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
        : base($"https?://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:{Patterns.Port})?(/[^ ]*)?") =>
        ErrorMessage = "an http or https URL without credentials";
}

/// <summary>The root of an API: a URL to which names are appended.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class HttpRootAttribute : RegularExpressionAttribute
{
    /// <summary>Without credentials, query and fragment.</summary>
    public HttpRootAttribute()
        : base($"https?://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:{Patterns.Port})?(/[A-Za-z0-9._~/-]*)?") =>
        ErrorMessage = "an http or https URL without credentials and without a query, such as https://minio.example.com:9000";
}

/// <summary>A Service of the cluster with its namespace and port.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ClusterAddressAttribute : RegularExpressionAttribute
{
    /// <summary>The namespace is needed: the network policy names it.</summary>
    public ClusterAddressAttribute()
        : base($@"[a-z]([a-z0-9-]{{0,61}}[a-z0-9])?\.[a-z]([a-z0-9-]{{0,61}}[a-z0-9])?(\.svc(\.[a-z0-9.-]+)?)?:{Patterns.Port}") =>
        ErrorMessage = "service.namespace:port, such as alertmanager.monitoring:9093";
}
