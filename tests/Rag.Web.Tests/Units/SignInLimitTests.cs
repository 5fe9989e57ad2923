using System.Net;
using Microsoft.Extensions.Options;
using Rag.Testing;
using Rag.Web.Hosting;
using Rag.Web.Security;

namespace Rag.Web.Tests.Units;

public sealed class SignInLimitTests
{
    private static readonly IPAddress Somebody = IPAddress.Parse("203.0.113.9");

    private readonly ManualTime _time = new();

    [Fact]
    public void As_many_as_a_minute_has_may_fail_at_once_and_then_one_by_one()
    {
        var limit = Create(4);
        Assert.All(Enumerable.Range(0, 4), _ => Assert.Null(limit.Begin(Somebody)));
        Assert.Equal(TimeSpan.FromSeconds(15), limit.Begin(Somebody));
        _time.Advance(TimeSpan.FromSeconds(14));
        Assert.Equal(TimeSpan.FromSeconds(1), limit.Begin(Somebody));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(limit.Begin(Somebody));
        Assert.Equal(TimeSpan.FromSeconds(15), limit.Begin(Somebody));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.All(Enumerable.Range(0, 4), _ => Assert.Null(limit.Begin(Somebody)));
        Assert.NotNull(limit.Begin(Somebody));
    }

    [Fact]
    public void What_did_not_fail_costs_nothing()
    {
        var limit = Create(2);
        for (var i = 0; i < 50; i++)
        {
            Assert.Null(limit.Begin(Somebody));
            limit.Forgive(Somebody);
        }

        Assert.Null(limit.Begin(Somebody));
        Assert.Null(limit.Begin(Somebody));
        Assert.NotNull(limit.Begin(Somebody));
        limit.Forgive(Somebody);
        Assert.Null(limit.Begin(Somebody));
    }

    [Theory]
    [InlineData("203.0.113.9", "203.0.113.10", false)]
    [InlineData("203.0.113.9", "::ffff:203.0.113.9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::2", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    public void An_address_is_counted_by_itself_and_with_version_6_its_network(string one, string other, bool together)
    {
        var limit = Create(1);
        Assert.Null(limit.Begin(IPAddress.Parse(one)));
        Assert.Equal(together, limit.Begin(IPAddress.Parse(other)) is not null);
    }

    [Fact]
    public void More_addresses_than_are_kept_share_one_place_until_others_are_forgotten()
    {
        var limit = Create(1);
        for (var i = 0; i < 10_000; i++)
        {
            Assert.Null(limit.Begin(new IPAddress(i + 1)));
        }

        Assert.Null(limit.Begin(Somebody));
        Assert.NotNull(limit.Begin(IPAddress.Parse("203.0.113.10")));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(limit.Begin(Somebody));
        Assert.Null(limit.Begin(IPAddress.Parse("203.0.113.10")));
    }

    [Fact]
    public void Zero_is_no_limit_and_an_unknown_address_has_one_too()
    {
        var none = Create(0);
        Assert.All(Enumerable.Range(0, 1000), _ => Assert.Null(none.Begin(Somebody)));
        var one = Create(1);
        Assert.Null(one.Begin(null));
        Assert.NotNull(one.Begin(null));
    }

    private SignInLimit Create(int perMinute) => new(Options.Create(new WebOptions { FailedSignInsPerMinute = perMinute }), _time);
}
