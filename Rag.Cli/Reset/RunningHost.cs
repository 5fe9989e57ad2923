using System.Text.Json;
using Aspire.Hosting.Orchestration.Processes;

namespace Rag.Cli.Reset;

/// <summary>Whether an AppHost of this checkout is running, by the record that it keeps while it does.</summary>
internal static class RunningHost
{
    /// <summary>Its process id, or null.</summary>
    /// <remarks><c>.rag/run/{run}/host.json</c>: <c>{"Process":{"ProcessId":123,"Started":"..."},...}</c></remarks>
    public static int? Find(Checkout checkout)
    {
        var runs = Path.Combine(checkout.State, "run");
        if (!Directory.Exists(runs))
        {
            return null;
        }

        return Directory.EnumerateFiles(runs, "host.json", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 })
            .Select(Read)
            .FirstOrDefault(process => process is not null && process.IsAlive())?.ProcessId;
    }

    private static ProcessIdentity? Read(string file)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllText(file));
            return json.RootElement.GetProperty("Process").Deserialize<ProcessIdentity>();
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or IOException)
        {
            // Written halfway when the machine stopped: then that host is gone as well.
            return null;
        }
    }
}
