using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Rag.Deploy.Values;

/// <summary>A bucket of S3, or of what speaks as it does: where it is, and what opens it.</summary>
public abstract record BucketValues
{
    [Description("Name of the bucket, which exists.")]
    [RegularExpression("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", ErrorMessage = "lower case letters, digits, '-' and '.', 3 to 63 characters")]
    public required string Bucket { get; init; }

    [Description("Folder in the bucket; default: the namespace and what is kept there, which is the store's name or 'originals'. No other platform may have the same: each removes there what it does not know.")]
    [RegularExpression("[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*", ErrorMessage = "a path without '/' at its ends, of folders that do not begin with '.'")]
    public string? Prefix { get; init; }

    [Description("URL of the service; default: Amazon's.")]
    [HttpRoot]
    public string? Endpoint { get; init; }

    [Description("Region that the bucket is in.")]
    [RegularExpression("[A-Za-z0-9-]+", ErrorMessage = "letters, digits and '-'")]
    public string? Region { get; init; }

    [Description("Secret with 'access-key-id' and 'secret-access-key'; it has to exist.")]
    [DnsName]
    public required string Secret { get; init; }

    [Description("Range of addresses that the endpoint is in, for the network policy; default: the endpoint's own where it is an address, any where it is a name, everything outside without an endpoint.")]
    [RegularExpression(@"([0-9]{1,3}\.){3}[0-9]{1,3}/([0-9]|[12][0-9]|3[0-2])", ErrorMessage = "a range such as 203.0.113.0/24")]
    public string? Cidr { get; init; }
}
