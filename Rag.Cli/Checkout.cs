namespace Rag.Cli;

/// <summary>The folder that holds the repository, and where things are in it.</summary>
/// <param name="Root">Full path of the folder with <c>RagPlatform.sln</c>.</param>
internal sealed record Checkout(string Root)
{
    public string Solution => Path.Combine(Root, "RagPlatform.sln");

    public string AppHost => Path.Combine(Root, "AppHost", "AppHost.csproj");

    public string Api => Path.Combine(Root, "Rag.Api", "Rag.Api.csproj");

    public string CommandLine => Path.Combine(Root, "Rag.Cli", "Rag.Cli.csproj");

    public string Samples => Path.Combine(Root, "samples");

    /// <summary>Everything that runs on this machine leave behind: data, originals, fetched tools. Ignored by git.</summary>
    public string State => Path.Combine(Root, ".rag");

    public string Tools => Path.Combine(State, "tools");

    public string FetchedPostgres => Path.Combine(Tools, "postgres");

    public string FetchedAspire => Path.Combine(Tools, "aspire");

    /// <summary>Whether <paramref name="path"/> is this checkout's folder.</summary>
    public bool Is(string path)
    {
        static string Plain(string folder) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        return string.Equals(Plain(path), Plain(Root), OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>
    /// The checkout named by the launcher in <c>RAG_HOME</c>, else the one this program was built in.
    /// </summary>
    public static Checkout? Find(string? ragHome)
    {
        for (var directory = new DirectoryInfo(string.IsNullOrEmpty(ragHome) ? AppContext.BaseDirectory : ragHome);
            directory is not null;
            directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "RagPlatform.sln")))
            {
                return new Checkout(directory.FullName);
            }
        }

        return null;
    }
}
