using System.Net;
using System.Net.Sockets;

namespace RagPlatform.ServiceDefaults.Limits;

/// <summary>By what a caller's address is counted where a limit holds for each.</summary>
public static class CallerNetwork
{
    /// <summary>
    /// The address itself; of version 6 its network of 64 bits, since whoever has one address usually has all of them; <see cref="IPAddress.None"/>
    /// where it is not known.
    /// </summary>
    public static IPAddress Of(IPAddress? address)
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
