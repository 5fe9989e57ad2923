using System.Globalization;

namespace Rag.Deploy.Planning;

/// <summary>Amounts as Kubernetes writes them (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/).</summary>
internal static class Quantities
{
    private static readonly Dictionary<string, decimal> Units = new(StringComparer.Ordinal)
    {
        ["m"] = 0.001m,
        [""] = 1,
        ["k"] = 1e3m,
        ["M"] = 1e6m,
        ["G"] = 1e9m,
        ["T"] = 1e12m,
        ["P"] = 1e15m,
        ["Ki"] = 1L << 10,
        ["Mi"] = 1L << 20,
        ["Gi"] = 1L << 30,
        ["Ti"] = 1L << 40,
        ["Pi"] = 1L << 50,
    };

    /// <summary>What the amount is in its base unit: cores or bytes.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static decimal Parse(string amount)
    {
        var digits = amount.AsSpan().TrimEnd("mkMGTPKi");
        return Units.TryGetValue(amount[digits.Length..], out var unit) && decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? number * unit
            : throw new FormatException($"'{amount}' is no amount.");
    }

    /// <summary>Whole bytes.</summary>
    public static long Bytes(string amount) => (long)Parse(amount);

    /// <summary>Bytes as an amount: GiB where they are whole ones, else MiB, rounded up.</summary>
    public static string Text(long bytes)
    {
        var mebibytes = (bytes + (1 << 20) - 1) >> 20;
        return mebibytes % 1024 == 0 ? string.Create(CultureInfo.InvariantCulture, $"{mebibytes / 1024}Gi") : string.Create(CultureInfo.InvariantCulture, $"{mebibytes}Mi");
    }
}
