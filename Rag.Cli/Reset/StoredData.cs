using System.Text.Json;

namespace Rag.Cli.Reset;

/// <summary>What a checkout's runs have stored: folders, files and container volumes.</summary>
/// <param name="Paths">Folders and files that exist.</param>
/// <param name="Volumes">Names of container volumes.</param>
internal sealed record StoredData(IReadOnlyList<string> Paths, IReadOnlyList<string> Volumes)
{
    // Where AppHost keeps servers' data when it runs as root and the servers' account cannot get to the checkout.
    private const string UnprivilegedRoot = "/var/lib/ragplatform/";

    public bool IsEmpty => Paths.Count == 0 && Volumes.Count == 0;

    /// <summary>Everything but the fetched tools, by what AppHost recorded.</summary>
    public static StoredData Find(Checkout checkout)
    {
        var record = Path.Combine(checkout.State, "infrastructure.json");
        var recorded = File.Exists(record) ? ReadRecord(record) : [];
        var paths = new[] { Path.Combine(checkout.State, "data"), Path.Combine(checkout.State, "blobs"), record }
            // A record edited by hand must not make this command remove a folder of somebody else.
            .Concat(recorded.Where(place => place.StartsWith(UnprivilegedRoot, StringComparison.Ordinal)).Select(Path.GetFullPath)
                .Where(place => place.StartsWith(UnprivilegedRoot, StringComparison.Ordinal)))
            .Where(Path.Exists)
            .ToList();
        return new StoredData(paths, [.. recorded.Where(place => !Path.IsPathRooted(place))]);
    }

    // {"kind":"native","servers":{"postgres":{"data":"/repo/.rag/data/postgres","majorVersion":15}}}; in containers "data" is the volume's name.
    private static List<string> ReadRecord(string file)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllText(file));
            return json.RootElement.TryGetProperty("servers", out var servers)
                ? [.. servers.EnumerateObject().Select(server => server.Value.GetProperty("data").GetString()).OfType<string>()]
                : [];
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new CliException($"'{file}' says where the data is, and cannot be read.", "Remove the file and the data by hand, or restore the file.", ExitCode.Failed, exception);
        }
    }
}
