namespace Rag.Core.Extraction.ChildProcess;

/// <summary>The private directories of children. Each holds the original in work, readable by this account only, and goes with its child.</summary>
internal static class ChildDirectory
{
    private const string Prefix = "rag-extract-";

    /// <summary>Older than any document may take, so that no directory in use is this old: each document touches its own.</summary>
    private static readonly TimeSpan Forgotten = TimeSpan.FromDays(1);

    public static DirectoryInfo Create() => Directory.CreateTempSubdirectory(Prefix);

    public static void Remove(DirectoryInfo directory)
    {
        try
        {
            directory.Delete(recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // removed in the same moment by the child itself, or somebody else's
        }
    }

    /// <summary>Removes what is left of workers that were killed together with their children.</summary>
    public static void RemoveForgotten(DateTimeOffset now)
    {
        try
        {
            foreach (var directory in new DirectoryInfo(Path.GetTempPath()).EnumerateDirectories(Prefix + "*"))
            {
                if (now - directory.LastWriteTimeUtc > Forgotten)
                {
                    Remove(directory);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // no document has to wait for this; the next worker tries again
        }
    }
}
