using Rag.Core.Evaluation;

namespace Rag.Core.Tests.Evaluation;

public sealed class PercentilesTests
{
    [Fact]
    public void Each_is_the_smallest_value_that_enough_of_the_others_are_not_above()
    {
        var hundred = new Percentiles(Enumerable.Range(1, 100).Reverse().Select(static i => (double)i));

        Assert.Equal((50, 95, 99, 100), (hundred.P50, hundred.P95, hundred.P99, hundred.Max));
        Assert.Equal((1, 2, 2), (new Percentiles([2, 1]).P50, new Percentiles([2, 1]).P95, new Percentiles([2, 1]).Max));
        Assert.Equal((7, 7), (new Percentiles([7]).At(0), new Percentiles([7]).P99));
        Assert.Equal(double.NaN, new Percentiles([]).P50);
    }

    [Fact]
    public void At_least_that_share_is_not_above_and_less_would_be_below()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            double[] values = [.. Enumerable.Range(0, random.Next(1, 60)).Select(_ => (double)random.Next(10))];
            var share = random.NextDouble();

            var at = new Percentiles(values).At(share);

            Assert.Contains(at, values);
            Assert.True(values.Count(value => value <= at) >= share * values.Length - 1e-9);
            Assert.True(values.Count(value => value < at) < share * values.Length + 1e-9);
        }
    }
}
