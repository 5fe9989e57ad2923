using System.Net;
using RagPlatform.ServiceDefaults.Limits;

namespace ServiceDefaults.Tests;

public sealed class CallerNetworkTests
{
    [Theory]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1")]
    [InlineData("10.0.0.1", "10.0.0.1")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::")]
    public void An_address_counts_as_the_network_that_one_caller_has(string address, string network) =>
        Assert.Equal(IPAddress.Parse(network), CallerNetwork.Of(IPAddress.Parse(address)));
}
