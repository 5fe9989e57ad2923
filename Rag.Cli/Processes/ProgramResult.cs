namespace Rag.Cli.Processes;

/// <summary>What a finished program left.</summary>
/// <param name="ExitCode">Its exit code; meaningless when <paramref name="TimedOut"/>.</param>
/// <param name="Output">Standard output, of too much of it the end.</param>
/// <param name="Error">Standard error, likewise.</param>
/// <param name="TimedOut">Whether it was killed because its time was over.</param>
internal sealed record ProgramResult(int ExitCode, string Output, string Error, bool TimedOut)
{
    /// <summary>Whether there was more than is kept, so that the beginning is missing.</summary>
    public bool IsCut { get; init; }

    public bool Succeeded => ExitCode == 0 && !TimedOut;
}
