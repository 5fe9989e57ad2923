namespace Rag.Deploy;

/// <summary>The root of what this room throws for input that it cannot work with. Nothing was written when it is thrown.</summary>
/// <param name="message">What is wrong, as one sentence, with the place.</param>
/// <param name="remedy">What to do about it; null where the message says it.</param>
/// <param name="inner">The cause.</param>
public class DeployException(string message, string? remedy = null, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What to do about it.</summary>
    public string? Remedy { get; } = remedy;
}
