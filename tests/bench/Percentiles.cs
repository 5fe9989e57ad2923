namespace Rag.Bench;

/// <summary>Percentiles of a sample by nearest rank.</summary>
internal sealed class Percentiles(IEnumerable<double> values)
{
    private readonly double[] _sorted = [.. values.Order()];

    public double P50 => At(0.50);

    public double P95 => At(0.95);

    public double P99 => At(0.99);

    /// <summary>The three, without a unit.</summary>
    public override string ToString() => $"{P50:F1} / {P95:F1} / {P99:F1}";

    // Nothing that went well has none.
    private double At(double share) => _sorted.Length == 0 ? double.NaN : _sorted[Math.Max(0, (int)Math.Ceiling(share * _sorted.Length) - 1)];
}
