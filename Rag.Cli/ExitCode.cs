namespace Rag.Cli;

/// <summary>What the command's exit code says; documented in <c>docs/operations.md</c>, so the numbers are fixed.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>Done as far as possible, but something the command was asked for failed: a document, a test.</summary>
    public const int Failed = 1;

    /// <summary>The command line itself is wrong; nothing was done.</summary>
    public const int Usage = 2;

    /// <summary>Something the command needs is not there: a program, the API, the database, a key.</summary>
    public const int Unavailable = 3;

    /// <summary>Ended by Ctrl+C or a termination signal, as shells count it (128 + SIGINT).</summary>
    public const int Cancelled = 130;
}
