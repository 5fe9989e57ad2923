using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Aspire.Hosting.Native;

namespace Aspire.Hosting.Orchestration.Infrastructure;

/// <summary>Where an application keeps what outlives a run: <c>.rag</c> beside the solution, or a temporary folder for a run that leaves nothing.</summary>
internal sealed class StateDirectory : IDisposable
{
    private const string Name = ".rag";
    private const string VolatilePrefix = "run-";
    private const string UnprivilegedRoot = "/var/lib/ragplatform";

    private StateDirectory(string path, bool isTemporary)
    {
        Path = path;
        IsTemporary = isTemporary;
        Directory.CreateDirectory(path);
    }

    public string Path { get; }

    /// <summary>Removed when the application ends.</summary>
    public bool IsTemporary { get; }

    /// <summary>Where servers' data is when their account cannot get to <see cref="Path"/>.</summary>
    private string Elsewhere => System.IO.Path.Combine(
        UnprivilegedRoot,
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Path)), 0, 6).ToLower(CultureInfo.InvariantCulture));

    /// <summary>The lasting one of the repository that <paramref name="appHostDirectory"/> is in.</summary>
    public static StateDirectory Lasting(string appHostDirectory) => new(System.IO.Path.Combine(Root(appHostDirectory), Name), isTemporary: false);

    /// <summary>A lasting one at a place of the user's choice.</summary>
    public static StateDirectory At(string path) => new(System.IO.Path.GetFullPath(path), isTemporary: false);

    /// <summary>One that is gone after the run.</summary>
    public static StateDirectory Temporary()
    {
        var state = new StateDirectory(System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"apphost-{Guid.NewGuid():N}"), isTemporary: true);
        TemporaryStates.Add(state.Path);
        return state;
    }

    /// <summary>A temporary one of an earlier run, to be disposed of.</summary>
    public static StateDirectory Abandoned(string path) => new(path, isTemporary: true);

    /// <summary>The data of one server: in here, or where a root's server account can get to.</summary>
    public string DataOf(string resourceName) => System.IO.Path.Combine(DataRoot(), resourceName);

    /// <summary>Where a server keeps data that ends with the run.</summary>
    public string VolatileDataOf(string resourceName, string runId) => System.IO.Path.Combine(DataRoot(), VolatilePrefix + runId, resourceName);

    /// <summary>Removes such data of one run.</summary>
    public void RemoveVolatileData(string runId)
    {
        if (System.IO.Path.Combine(DataRoot(), VolatilePrefix + runId) is var directory && Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>Removes such data of all runs: for who holds the <see cref="Processes.HostLock"/>, so that none of it is in use.</summary>
    public void RemoveAbandonedData()
    {
        foreach (var directory in Directory.Exists(DataRoot()) ? Directory.GetDirectories(DataRoot(), VolatilePrefix + "*") : [])
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    public void Dispose()
    {
        if (!IsTemporary)
        {
            return;
        }

        foreach (var directory in new[] { Path, Elsewhere }.Where(Directory.Exists))
        {
            Directory.Delete(directory, recursive: true);
        }

        TemporaryStates.Remove(Path);
    }

    // The folder with the solution or the repository; the AppHost's own where there is neither.
    internal static string Root(string appHostDirectory)
    {
        for (var directory = new DirectoryInfo(appHostDirectory); directory is not null; directory = directory.Parent)
        {
            if (directory.EnumerateFileSystemInfos().Any(entry => entry.Name == ".git" || entry.Extension is ".sln" or ".slnx"))
            {
                return directory.FullName;
            }
        }

        return appHostDirectory;
    }

    private string DataRoot()
    {
        var here = System.IO.Path.Combine(Path, "data");
        return ServerAccount.CanReach(System.IO.Path.Combine(here, "any")) ? here : Elsewhere;
    }
}
