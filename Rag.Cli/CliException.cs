namespace Rag.Cli;

/// <summary>An expected failure of a command: printed as one line to standard error, with what to do on the next.</summary>
/// <param name="message">What happened, in one sentence.</param>
/// <param name="remedy">What to do, or null when the message already says it.</param>
/// <param name="exitCode">One of <see cref="ExitCode"/>.</param>
/// <param name="inner">The cause.</param>
internal sealed class CliException(string message, string? remedy = null, int exitCode = ExitCode.Failed, Exception? inner = null)
    : Exception(message, inner)
{
    public string? Remedy { get; } = remedy;

    public int ExitCode { get; } = exitCode;
}
