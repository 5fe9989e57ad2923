namespace Rag.Core.Evaluation;

/// <summary>Percentiles of a sample by nearest rank: each is a value that was measured.</summary>
/// <param name="values">In any order.</param>
public sealed class Percentiles(IEnumerable<double> values)
{
    private readonly double[] _sorted = [.. values.Order()];

    /// <summary>Values in the sample.</summary>
    public int Count => _sorted.Length;

    /// <summary>Half of the values are not above it.</summary>
    public double P50 => At(0.50);

    /// <summary>95 of 100 values are not above it.</summary>
    public double P95 => At(0.95);

    /// <summary>99 of 100 values are not above it.</summary>
    public double P99 => At(0.99);

    /// <summary>The largest value.</summary>
    public double Max => At(1);

    /// <summary>The three, without a unit.</summary>
    public override string ToString() => FormattableString.Invariant($"{P50:F1} / {P95:F1} / {P99:F1}");

    /// <summary>The smallest value that at least this share of all is not above. Nothing that went well has none: NaN without values.</summary>
    public double At(double share) => _sorted.Length == 0 ? double.NaN : _sorted[Math.Clamp((int)Math.Ceiling(share * _sorted.Length) - 1, 0, _sorted.Length - 1)];
}
