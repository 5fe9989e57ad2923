namespace AppHost.Tests;

/// <summary>Where the checkout is.</summary>
internal static class Repository
{
    /// <summary>The folder that holds <c>RagPlatform.sln</c>.</summary>
    public static string Root { get; } = Find();

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
