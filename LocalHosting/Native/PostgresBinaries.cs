namespace Aspire.Hosting.Native;

/// <summary>Finds a PostgreSQL installation without asking it to be on PATH, which distributions do not do.</summary>
internal static class PostgresBinaries
{
    /// <summary>
    /// The folder that holds <c>postgres</c> and <c>initdb</c>: PATH, then the distributions' versioned folders (newest first), then what
    /// <c>rag</c> fetched into <paramref name="fetchedDirectory"/>. Null when there is none.
    /// </summary>
    public static string? Find(string? fetchedDirectory = null)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return path.Concat(Versioned("/usr/lib/postgresql")).Concat(Versioned("/opt/homebrew/opt")).Concat(Versioned("/usr/pgsql"))
            .Concat(fetchedDirectory is null ? [] : [fetchedDirectory])
            .FirstOrDefault(IsInstallation);
    }

    private static bool IsInstallation(string directory) =>
        File.Exists(Path.Combine(directory, Executable("postgres"))) && File.Exists(Path.Combine(directory, Executable("initdb")));

    private static string Executable(string name) => OperatingSystem.IsWindows() ? name + ".exe" : name;

    private static IEnumerable<string> Versioned(string root) => Directory.Exists(root)
        ? Directory.EnumerateDirectories(root)
            .OrderByDescending(directory => int.TryParse(Path.GetFileName(directory).Split('@', '-')[^1], out var version) ? version : 0)
            .Select(directory => Path.Combine(directory, "bin"))
        : [];
}
