namespace Rag.Core.Extraction.ChildProcess;

/// <summary>Tells an exceeded limit of files (handles, size of what is written) from a disk or folder that fails.</summary>
internal static class FileLimits
{
    // The same numbers on Linux and macOS; .NET hands the error of the system on as the exception's result.
    private const int TooManyOpenFiles = 24;
    private const int FileTooLarge = 27;

    public static bool IsExceeded(IOException exception) => exception.HResult is TooManyOpenFiles or FileTooLarge;

    public static string Message(ExtractionOptions options) =>
        $"Reading the file needs more than {options.MaxOpenFiles} open files, or writes one of more than {options.MaxWrittenMiB} MiB, which no ordinary document does. "
        + "If it is one, raise Rag:Extraction:MaxOpenFiles or MaxWrittenMiB.";
}
