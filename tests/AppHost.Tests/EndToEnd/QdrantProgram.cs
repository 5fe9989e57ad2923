namespace AppHost.Tests.EndToEnd;

/// <summary>Tests that change PATH, which belongs to the whole process.</summary>
[CollectionDefinition(nameof(ChangedPath), DisableParallelization = true)]
public sealed class ChangedPath;

/// <summary>A test with a program <c>qdrant</c>: on Aspire's packages servers are containers.</summary>
public sealed class QdrantProgramFactAttribute : FactAttribute
{
    public QdrantProgramFactAttribute() => Skip = typeof(DistributedApplication).Assembly.GetName().Name == "Aspire.Hosting" ? "Aspire's orchestrator runs no native servers."
        : OperatingSystem.IsWindows() ? "The program is a shell script."
        : null;
}

/// <summary>A folder with an executable <c>qdrant</c>, which is the stand-in: it takes the real one's variables.</summary>
internal sealed class QdrantProgram : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("qdrant-program-");

    public QdrantProgram()
    {
        var program = Path.Combine(_folder.FullName, "qdrant");
        var standIn = Path.Combine(Repository.Root, "tests", "Qdrant.StandIn", "bin", Configuration, "net10.0", "qdrant-stand-in.dll");
        var description = Path.GetFullPath(Repository.Shared("qdrant-openapi.json"));
        File.WriteAllText(program, $"#!/bin/sh\nQDRANT_OPENAPI='{(File.Exists(description) ? description : "")}' exec dotnet '{standIn}' \"$@\"\n");
        if (!OperatingSystem.IsWindows())
        {
            // Servers of root's run as another account.
            const UnixFileMode Everybody = UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
            File.SetUnixFileMode(_folder.FullName, Everybody | UnixFileMode.UserWrite);
            File.SetUnixFileMode(program, Everybody);
        }
    }

    /// <summary>PATH with it.</summary>
    public string SearchPath => $"{_folder.FullName}{Path.PathSeparator}{Environment.GetEnvironmentVariable("PATH")}";

    public void Dispose() => _folder.Delete(recursive: true);

    private static string Configuration =>
#if DEBUG
        "Debug";
#else
        "Release";
#endif
}
