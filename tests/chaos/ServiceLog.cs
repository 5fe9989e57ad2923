namespace Rag.Chaos;

/// <summary>Reads along what every service writes: nobody may write a secret.</summary>
internal sealed class ServiceLog(string? folder, Outcomes outcomes) : IDisposable
{
    private readonly Dictionary<string, StreamWriter> _files = [];
    private readonly HashSet<string> _told = [];
    private IReadOnlyDictionary<string, string> _secrets = new Dictionary<string, string>();

    /// <summary>What must not be read, by what it is.</summary>
    public void Watch(IReadOnlyDictionary<string, string> secrets) => _secrets = secrets;

    public void Line(string service, string line)
    {
        foreach (var (name, secret) in _secrets)
        {
            if (line.Contains(secret, StringComparison.Ordinal))
            {
                outcomes.Find($"{service} wrote {name} into its log.");
            }
        }

        lock (_files)
        {
            // Faults of ours have this code in every log line that tells of one.
            if (line.Contains(" failed: internal", StringComparison.Ordinal) && _told.Add(line))
            {
                outcomes.Find($"{service}: {line.Trim()}");
            }

            if (folder is null)
            {
                return;
            }

            if (!_files.TryGetValue(service, out var file))
            {
                Directory.CreateDirectory(folder);
                _files[service] = file = new StreamWriter(Path.Combine(folder, service + ".log"));
            }

            file.WriteLine(line);
        }
    }

    public void Dispose()
    {
        lock (_files)
        {
            foreach (var file in _files.Values)
            {
                file.Dispose();
            }

            _files.Clear();
        }
    }
}
