using System.Text.Json;
using System.Text.Json.Serialization;

namespace AppHost;

/// <summary>
/// Which index this installation has, in <c>index.json</c> beside its data: <c>{"provider":"qdrant","ready":true}</c>. Apart from LocalHosting's
/// <c>infrastructure.json</c>, which Aspire's orchestrator does not write.
/// </summary>
/// <param name="Provider">See <see cref="IndexChoice"/>.</param>
/// <param name="Ready">Whether the services ever came up with it. Until then a first start has decided nothing: its image may not be there.</param>
internal sealed record IndexRecord(string Provider, bool Ready)
{
    /// <summary>Whether its server is none of this installation's; 'rag doctor' misses no program then.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Elsewhere { get; init; }

    private static readonly JsonSerializerOptions Layout = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static bool IsIn(string statePath) => File.Exists(FileIn(statePath));

    public static IndexRecord? Read(string statePath)
    {
        var file = FileIn(statePath);
        try
        {
            return File.Exists(file) ? JsonSerializer.Deserialize<IndexRecord>(File.ReadAllText(file), Layout) : null;
        }
        catch (JsonException exception)
        {
            throw new DistributedApplicationException(
                $"'{file}' says which search index this installation has, and cannot be read: {exception.Message} Start once with "
                + $"Rag__Index__Provider={IndexChoice.Embedded} or {IndexChoice.Qdrant}, which writes it anew; nothing is lost by either.", exception);
        }
    }

    public void Write(string statePath)
    {
        Directory.CreateDirectory(statePath);
        var file = FileIn(statePath);
        File.WriteAllText(file + ".tmp", JsonSerializer.Serialize(this, Layout) + "\n");
        File.Move(file + ".tmp", file, overwrite: true);
    }

    private static string FileIn(string statePath) => Path.Combine(statePath, "index.json");
}
