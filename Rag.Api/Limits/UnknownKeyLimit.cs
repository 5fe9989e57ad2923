using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Limits;

/// <summary>How many bearers that turn out unknown one address may have looked up. Good ones cost nothing.</summary>
internal sealed class UnknownKeyLimit(IOptions<LimitOptions> options, TimeProvider time)
{
    private readonly RateBuckets<IPAddress> _buckets = new(options.Value.UnknownKeysPerMinute, time);

    /// <summary>Counts a look-up as failed until <see cref="Succeeded"/> says otherwise: many at the same time must not slip through.</summary>
    /// <exception cref="ProblemException"><c>rate-limited</c>.</exception>
    public void Begin(IPAddress? from)
    {
        if (!_buckets.TryTake(Network(from), out var wait))
        {
            throw new ProblemException(
                "rate-limited", "Too many unknown keys came from this address. Wait as long as 'Retry-After' says; Rag:Limits:UnknownKeysPerMinute sets how many there may be.")
            {
                RetryAfter = wait,
            };
        }
    }

    public void Succeeded(IPAddress? from) => _buckets.GiveBack(Network(from));

    /// <summary>Whoever has one address of version 6 usually has the 2^64 of its network.</summary>
    internal static IPAddress Network(IPAddress? address)
    {
        switch (address)
        {
            case null:
                return IPAddress.None;
            case { IsIPv4MappedToIPv6: true }:
                return address.MapToIPv4();
            case { AddressFamily: AddressFamily.InterNetworkV6 }:
                var bytes = address.GetAddressBytes();
                bytes.AsSpan(8).Clear();
                return new IPAddress(bytes);
            default:
                return address;
        }
    }
}
