namespace Aspire.Hosting.Orchestration.Resources;

/// <summary>Variables that are not shown although nothing in the model calls them secret, such as a token that is plain text there.</summary>
internal static class SecretNames
{
    private static readonly string[] Words = ["PASSWORD", "SECRET", "TOKEN", "APIKEY", "BOOTSTRAPKEY", "HEADERS"];

    public static bool Contains(string name)
    {
        var letters = name.Replace("_", "", StringComparison.Ordinal).ToUpperInvariant();
        return Words.Any(word => letters.Contains(word, StringComparison.Ordinal));
    }
}
