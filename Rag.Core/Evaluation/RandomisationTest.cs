namespace Rag.Core.Evaluation;

/// <summary>
/// Fisher's paired randomisation test, two-sided: how often random signs give a mean difference at least as large as the one seen.
/// Makes no assumption on the distribution of the scores.
/// </summary>
public static class RandomisationTest
{
    /// <summary>The probability of the difference by chance; below 0.05 is called significant here.</summary>
    /// <param name="first">Scores of one system by query.</param>
    /// <param name="second">Scores of the other, in the same order.</param>
    /// <param name="rounds">More make the estimate finer.</param>
    /// <param name="seed">The same seed gives the same answer.</param>
    public static double Probability(IReadOnlyList<double> first, IReadOnlyList<double> second, int rounds = 10_000, int seed = 1)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        ArgumentOutOfRangeException.ThrowIfNotEqual(second.Count, first.Count);
        var differences = first.Zip(second, static (a, b) => a - b).Where(static d => d != 0).ToArray();
        var seen = Math.Abs(differences.Sum());
        var random = new Random(seed);
        var asLarge = 0;
        for (var round = 0; round < rounds; round++)
        {
            double sum = 0;
            foreach (var difference in differences)
            {
                sum += random.Next(2) == 0 ? difference : -difference;
            }

            // The allowance is for sums of the same numbers in another order.
            asLarge += Math.Abs(sum) >= seen - 1e-9 ? 1 : 0;
        }

        return (asLarge + 1.0) / (rounds + 1.0);
    }
}
