namespace Aspire.Hosting.ApplicationModel;

/// <summary>Names of resources as names of environment variables, which shells want to be letters, digits and underscores.</summary>
internal static class VariableName
{
    public static string Encode(string name)
    {
        var encoded = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
        return encoded.Length > 0 && char.IsAsciiDigit(encoded[0]) ? $"_{encoded}" : encoded;
    }
}
