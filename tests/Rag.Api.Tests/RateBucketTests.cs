using Rag.Api.Limits;
using Rag.Testing;

namespace Rag.Api.Tests;

public sealed class RateBucketTests
{
    private readonly ManualTime _time = new();

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    [InlineData(119)]
    [InlineData(30_000)]
    public void A_minute_refills_exactly_what_is_allowed(int perMinute)
    {
        var buckets = new RateBuckets<int>(perMinute, _time);
        Assert.Equal(perMinute, Taken(buckets));
        var taken = 0;
        for (var second = 0; second < 60; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            taken += Taken(buckets);
        }

        // The last one may be a rounding away.
        Assert.InRange(taken, perMinute - 1, perMinute);
    }

    [Fact]
    public void The_wait_that_is_told_is_long_enough_and_no_longer()
    {
        var buckets = new RateBuckets<int>(6, _time);
        Taken(buckets);

        Assert.False(buckets.TryTake(0, out var wait));
        Assert.Equal(10, wait.TotalSeconds, 3);
        _time.Advance(wait + TimeSpan.FromMilliseconds(1));
        Assert.True(buckets.TryTake(0, out _));
    }

    [Fact]
    public void Zero_is_no_limit()
    {
        var buckets = new RateBuckets<int>(0, _time);
        Assert.All(Enumerable.Range(0, 1000), _ => Assert.True(buckets.TryTake(0, out var _)));
    }

    [Fact]
    public void What_is_given_back_can_be_taken_again()
    {
        var buckets = new RateBuckets<int>(1, _time);
        Assert.True(buckets.TryTake(0, out _));
        buckets.GiveBack(0);
        Assert.True(buckets.TryTake(0, out _));
        Assert.False(buckets.TryTake(0, out _));
    }

    [Fact]
    public void Ever_new_callers_share_a_bucket_until_others_are_full_again()
    {
        var buckets = new RateBuckets<int>(2, _time, mostBuckets: 10);
        for (var caller = 0; caller < 10; caller++)
        {
            Assert.True(buckets.TryTake(caller, out _));
        }

        Assert.Equal([true, true, false, false], Enumerable.Range(100, 4).Select(caller => buckets.TryTake(caller, out _)));
        Assert.True(buckets.TryTake(3, out _));
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal([true, true, true, true], Enumerable.Range(200, 4).Select(caller => buckets.TryTake(caller, out _)));
    }

    private static int Taken(RateBuckets<int> buckets)
    {
        var count = 0;
        while (buckets.TryTake(0, out _))
        {
            count++;
        }

        return count;
    }
}
