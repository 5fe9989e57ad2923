using System.Text.RegularExpressions;

namespace Rag.Deploy.Secrets;

/// <summary>What is plainly a credential, by its name or by its text. Nobody can tell all of them; what is found here is never meant to be read by everybody.</summary>
internal static partial class CredentialText
{
    /// <summary>Whether a variable of this name holds one.</summary>
    public static bool IsName(string name) => Name().IsMatch(name);

    /// <summary>Whether a text has one inside: <c>...;Password=value</c>, <c>scheme://user:value@host</c>.</summary>
    public static bool IsInside(string text) => Inside().IsMatch(text);

    /// <summary>Whether a connection string has one among its fields, whatever the field is called: <c>Endpoint=...;Key=value</c>.</summary>
    public static bool IsField(string connectionString) => IsInside(connectionString) || Field().IsMatch(connectionString);

    /// <summary>Whether a text says yes, no or how many: then its name speaks of a credential and it holds none.</summary>
    public static bool IsSetting(string text) => Setting().IsMatch(text);

    [GeneratedRegex("(password|passwd|secret|token|api_?key|private_?key|bootstrap_?key)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Name();

    // What begins with a $ is filled in by the node or a shell.
    [GeneratedRegex(@"\b(password|pwd)=[^;,$\s%]|://[^/:@\s]*:[^@/$\s]+@", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Inside();

    [GeneratedRegex(@"(key|secret|token|signature)=[^;,$\s%]", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Field();

    [GeneratedRegex(@"\A(|true|false|yes|no|on|off|[0-9]{1,5})\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Setting();
}
