using System.Text.RegularExpressions;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>
/// A container image as people write it: <c>localhost:5000/team/app:1.2</c>, <c>nginx</c>, <c>redis@sha256:...</c>. <see cref="Name"/> is
/// everything before the tag; <see cref="Digest"/> comes without its <c>sha256:</c>.
/// </summary>
internal sealed partial record ImageReference(string Name, string? Tag, string? Digest)
{
    private const string DigestPrefix = "sha256:";

    public static ImageReference Parse(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        var parts = Shape().Match(text);
        if (!parts.Success)
        {
            throw new ArgumentOutOfRangeException(nameof(text), text, "This is not a container image. Expected something like 'registry.example.com/team/app:1.2'.");
        }

        var digest = Group(parts, "digest");
        if (digest is not null && !digest.StartsWith(DigestPrefix, StringComparison.Ordinal))
        {
            throw new ArgumentOutOfRangeException(nameof(text), text, $"The digest of a container image must start with '{DigestPrefix}'.");
        }

        return new ImageReference(parts.Groups["name"].Value, Group(parts, "tag"), digest?[DigestPrefix.Length..]);
    }

    private static string? Group(Match match, string name) => match.Groups[name] is { Success: true } group ? group.Value : null;

    // A colon before the last slash belongs to the registry's port; one after it starts the tag.
    [GeneratedRegex(@"^(?<name>(?:[^/@\s]+/)*[^/:@\s]+)(?::(?<tag>[^/:@\s]+))?(?:@(?<digest>\S+))?$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Shape();
}
