using System.Text.Json;

namespace Rag.Cli.Reset;

/// <summary>What a checkout's runs have stored: folders, files and container volumes.</summary>
/// <param name="Paths">Folders and files that exist; last the record, without which the rest could not be found again.</param>
/// <param name="Volumes">Names of container volumes.</param>
/// <param name="Runtime">Whose volumes they are, as recorded; null where that is not known.</param>
internal sealed record StoredData(IReadOnlyList<string> Paths, IReadOnlyList<string> Volumes, string? Runtime)
{
    // Where AppHost keeps servers' data when it runs as root and the servers' account cannot get to the checkout.
    private const string UnprivilegedRoot = "/var/lib/ragplatform/";

    public bool IsEmpty => Paths.Count == 0 && Volumes.Count == 0;

    /// <summary>Everything but the fetched tools, by what AppHost recorded.</summary>
    public static StoredData Find(Checkout checkout)
    {
        var record = Path.Combine(checkout.State, "infrastructure.json");
        var (recorded, runtime) = File.Exists(record) ? ReadRecord(record) : ([], null);
        var paths = new[] { Path.Combine(checkout.State, "data"), Path.Combine(checkout.State, "blobs") }
            // A record edited by hand must not make this command remove a folder of somebody else.
            .Concat(recorded.Where(place => place.StartsWith(UnprivilegedRoot, StringComparison.Ordinal)).Select(Path.GetFullPath)
                .Where(place => place.StartsWith(UnprivilegedRoot, StringComparison.Ordinal)))
            // Which index it was.
            .Append(Path.Combine(checkout.State, "index.json"))
            .Append(record)
            .Where(Path.Exists)
            .ToList();
        return new StoredData(paths, [.. recorded.Where(place => !Path.IsPathRooted(place))], runtime);
    }

    // {"kind":"native","servers":{"postgres":{"data":"/repo/.rag/data/postgres","majorVersion":15}}}; in containers "data" is the volume's name
    // and "runtime" says whose.
    private static (List<string> Places, string? Runtime) ReadRecord(string file)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllText(file));
            List<string> places = json.RootElement.TryGetProperty("servers", out var servers)
                ? [.. servers.EnumerateObject().Select(server => server.Value.GetProperty("data").GetString()).OfType<string>()]
                : [];
            return (places, json.RootElement.TryGetProperty("runtime", out var runtime) ? runtime.GetString() : null);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new CliException($"'{file}' says where the data is, and cannot be read.", "Remove the file and the data by hand, or restore the file.", ExitCode.Failed, exception);
        }
    }
}
