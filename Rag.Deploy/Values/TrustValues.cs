using System.ComponentModel;

namespace Rag.Deploy.Values;

/// <summary>Authorities that the platform's services trust beside those of their image.</summary>
public sealed record TrustValues
{
    [Description("ConfigMap with the certificates; it has to exist. One of both.")]
    [DnsName]
    public string? ConfigMap { get; init; }

    [Description("Secret with the certificates; it has to exist.")]
    [DnsName]
    public string? Secret { get; init; }

    [Description("Its key with the certificates in PEM.")]
    public string Key { get; init; } = "ca.crt";
}
