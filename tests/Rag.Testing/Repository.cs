namespace Rag.Testing;

/// <summary>
/// Where the checkout is, found from where the tests run: in CI builds the compiler writes no real paths into programs. Compiled into the
/// test projects that cannot refer to this one, too.
/// </summary>
public static class Repository
{
    /// <summary>The folder that holds <c>RagPlatform.sln</c>.</summary>
    public static string Root { get; } = Find();

    /// <summary>A file or folder of the folder <c>shared</c> (RAG_SHARED, else beside the checkout), which comes from elsewhere and may be missing.</summary>
    public static string Shared(string path) => Path.Combine(
        Environment.GetEnvironmentVariable("RAG_SHARED") is { Length: > 0 } named ? named : Path.Combine(Root, "..", "shared"), path);

    private static string Find()
    {
        for (var directory = AppContext.BaseDirectory; directory is not null; directory = Path.GetDirectoryName(directory.TrimEnd(Path.DirectorySeparatorChar)))
        {
            if (File.Exists(Path.Combine(directory, "RagPlatform.sln")))
            {
                return directory;
            }
        }

        throw new InvalidOperationException("The tests run outside the repository: RagPlatform.sln was not found above them.");
    }
}
