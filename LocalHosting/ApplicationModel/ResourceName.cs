namespace Aspire.Hosting.ApplicationModel;

/// <summary>
/// What a resource or an endpoint may be called: names become host names, variable names and Kubernetes objects, so the rules are those that
/// fit them all (and Aspire's).
/// </summary>
internal static class ResourceName
{
    public const int MaxLength = 64;

    public static StringComparer Comparer => StringComparer.OrdinalIgnoreCase;

    /// <exception cref="ArgumentException">The name breaks a rule; the message names the rule.</exception>
    public static void Validate(string what, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Problem(name) is { } problem)
        {
            throw new ArgumentException($"{what} name '{name}' is invalid. {problem}", nameof(name));
        }
    }

    private static string? Problem(string name) => name switch
    {
        { Length: < 1 or > MaxLength } => $"Name must be between 1 and {MaxLength} characters long.",
        _ when !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') => "Name must contain only ASCII letters, digits, and hyphens.",
        _ when name.Contains("--", StringComparison.Ordinal) => "Name cannot contain consecutive hyphens.",
        _ when !char.IsAsciiLetter(name[0]) => "Name must start with an ASCII letter.",
        _ when name[^1] == '-' => "Name cannot end with a hyphen.",
        _ => null,
    };
}
