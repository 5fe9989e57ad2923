namespace Aspire.Hosting.Orchestration.Processes;

/// <summary>
/// Held by the one program that may use a state directory. The system lets go of it when the process ends, however that happens, so unlike a
/// record it cannot be looked at a moment too early or too late. The file stays: removing it would let two hold what they take for the same.
/// </summary>
internal static class HostLock
{
    internal const string FileName = "host.lock";

    /// <summary>Null when somebody else holds it.</summary>
    public static IDisposable? TryTake(string stateDirectory)
    {
        try
        {
            return new FileStream(Path.Combine(stateDirectory, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (exception is not (DirectoryNotFoundException or FileNotFoundException or PathTooLongException))
        {
            return null;
        }
    }
}
