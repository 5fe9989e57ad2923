namespace RagPlatform.ServiceDefaults.Configuration;

/// <summary>The configuration is wrong; the message lists every problem, one per line.</summary>
/// <param name="problems">Each names the key, the value unless it is secret, and what is allowed.</param>
public sealed class ConfigurationInvalidException(IReadOnlyList<string> problems)
    : Exception($"The configuration is wrong, so the service does not start:{Environment.NewLine}{string.Join(Environment.NewLine, problems.Select(static problem => $"  - {problem}"))}")
{
    /// <summary>One per wrong key.</summary>
    public IReadOnlyList<string> Problems { get; } = problems;
}
