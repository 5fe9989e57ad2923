namespace Rag.Cli.Processes;

/// <summary>What a finished program left.</summary>
/// <param name="ExitCode">Its exit code; meaningless when <paramref name="TimedOut"/>.</param>
/// <param name="Output">Standard output, at most the last 1 MiB characters.</param>
/// <param name="Error">Standard error, likewise.</param>
/// <param name="TimedOut">Whether it was killed because its time was over.</param>
internal sealed record ProgramResult(int ExitCode, string Output, string Error, bool TimedOut)
{
    public bool Succeeded => ExitCode == 0 && !TimedOut;
}
