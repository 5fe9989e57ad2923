using System.Text.Json;

namespace Aspire.Hosting.Orchestration.Endpoints;

/// <summary>Ports of earlier runs, so that an endpoint without a number of its own keeps the one it once got.</summary>
internal sealed class PortMemory
{
    private readonly string? _file;
    private readonly SortedDictionary<string, int> _ports = new(StringComparer.Ordinal);

    /// <param name="stateDirectory">Null: nothing is remembered.</param>
    public PortMemory(string? stateDirectory)
    {
        if (stateDirectory is null)
        {
            return;
        }

        _file = Path.Combine(stateDirectory, "ports.json");
        try
        {
            if (File.Exists(_file))
            {
                _ports = new(JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllText(_file)) ?? [], StringComparer.Ordinal);
            }
        }
        catch (JsonException)
        {
            // Only a convenience: it is written anew.
        }
    }

    public int? Recall(string endpoint) => _ports.TryGetValue(endpoint, out var port) && port is > 0 and < 65536 ? port : null;

    public void Remember(string endpoint, int port)
    {
        if (_file is null || Recall(endpoint) == port)
        {
            return;
        }

        _ports[endpoint] = port;
        File.WriteAllText(_file + ".tmp", JsonSerializer.Serialize(_ports));
        File.Move(_file + ".tmp", _file, overwrite: true);
    }
}
