using System.Diagnostics;
using System.Globalization;

namespace Aspire.Hosting.Native;

/// <summary>Finds a PostgreSQL installation without asking it to be on PATH, which distributions do not do.</summary>
internal static class PostgresBinaries
{
    /// <summary>
    /// The folder that holds <c>postgres</c> and <c>initdb</c>: PATH, then the distributions' versioned folders (newest first), then what
    /// <c>rag</c> fetched into <paramref name="fetchedDirectory"/>. Null when there is none.
    /// </summary>
    /// <param name="fetchedDirectory">For example <c>.rag/tools/postgres/native/bin</c>.</param>
    /// <param name="majorVersion">Only an installation of this major version, as existing data needs it.</param>
    public static string? Find(string? fetchedDirectory = null, int? majorVersion = null) =>
        All(fetchedDirectory).FirstOrDefault(directory => majorVersion is null || MajorVersion(directory) == majorVersion);

    /// <summary>The major version of an installation, from <c>postgres (PostgreSQL) 15.14 (Debian ...)</c>.</summary>
    /// <exception cref="InvalidOperationException">The program does not run.</exception>
    public static int MajorVersion(string binDirectory)
    {
        var start = new ProcessStartInfo(Path.Combine(binDirectory, Executable("postgres")), ["--version"]) { RedirectStandardOutput = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"'{start.FileName}' could not be started.");
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        var version = output.Split(' ').SkipWhile(word => word != "(PostgreSQL)").Skip(1).FirstOrDefault("");
        var digits = new string([.. version.TakeWhile(char.IsAsciiDigit)]);
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            ? major
            : throw new InvalidOperationException($"'{start.FileName} --version' answered '{output.Trim()}', which names no PostgreSQL version.");
    }

    private static IEnumerable<string> All(string? fetchedDirectory)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return path.Concat(Versioned("/usr/lib/postgresql")).Concat(Versioned("/opt/homebrew/opt")).Concat(Versioned("/usr/pgsql"))
            .Concat(fetchedDirectory is null ? [] : [fetchedDirectory])
            .Where(IsInstallation);
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
