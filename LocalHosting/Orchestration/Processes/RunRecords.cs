using System.Text.Json;

namespace Aspire.Hosting.Orchestration.Processes;

/// <summary>
/// What this host has started, on disk while it runs: one folder per run with one file for the host and one per child. A clean end removes
/// the folder; a host that was killed leaves it for the next start (<see cref="Leftovers"/>). Thread-safe.
/// </summary>
internal sealed class RunRecords : IDisposable
{
    internal const string HostFile = "host.json";

    private readonly string _directory;

    private RunRecords(string directory, string runId)
    {
        _directory = directory;
        RunId = runId;
    }

    /// <summary>Stands in each child's environment.</summary>
    public string RunId { get; }

    /// <summary>Opens the records of a new run under the state directory.</summary>
    public static RunRecords Open(string stateDirectory)
    {
        var runId = Guid.CreateVersion7().ToString("N");
        var directory = Path.Combine(RunsDirectory(stateDirectory), runId);
        Directory.CreateDirectory(RunsDirectory(stateDirectory));
        // It appears complete: another host that starts in this moment must not take it for a dead one's.
        var unfinished = Path.Combine(stateDirectory, runId);
        Directory.CreateDirectory(unfinished);
        Write(Path.Combine(unfinished, HostFile), Record(Environment.ProcessId, "host", StopSignal.Terminate, 0, group: false));
        Directory.Move(unfinished, directory);
        return new RunRecords(directory, runId);
    }

    internal static string RunsDirectory(string stateDirectory) => Path.Combine(stateDirectory, "run");

    internal static ChildRecord? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<ChildRecord>(File.ReadAllText(path));
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            // Written halfway when the machine stopped: then the process is gone as well.
            return null;
        }
    }

    public void Add(int processId, ChildSpecification specification) => Write(
        FileOf(processId),
        Record(processId, specification.Name, specification.StopSignal, specification.StopOrder, ChildProcess.HasOwnGroup));

    public void Remove(int processId)
    {
        try
        {
            File.Delete(FileOf(processId));
        }
        catch (DirectoryNotFoundException)
        {
            // The records were closed before the process was reaped.
        }
    }

    public void Dispose()
    {
        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    private string FileOf(int processId) => Path.Combine(_directory, $"{processId}.json");

    private static ChildRecord Record(int processId, string name, StopSignal signal, int order, bool group) =>
        new(ProcessIdentity.Of(processId) ?? new ProcessIdentity(processId, "ended"), name, signal, order, group);

    private static void Write(string path, ChildRecord record)
    {
        var temporary = path + ".tmp";
        File.WriteAllText(temporary, JsonSerializer.Serialize(record));
        File.Move(temporary, path, overwrite: true);
    }
}

/// <summary>A process that some run started.</summary>
/// <param name="Process">Which one, beyond doubt.</param>
/// <param name="Name">The resource.</param>
/// <param name="StopSignal">How it is asked to end.</param>
/// <param name="StopOrder">Lower ends first.</param>
/// <param name="Group">Whether it leads a group of its own.</param>
internal sealed record ChildRecord(ProcessIdentity Process, string Name, StopSignal StopSignal, int StopOrder, bool Group);
