using System.Text.Json;
using System.Text.Json.Serialization;

namespace Aspire.Hosting.Orchestration.Infrastructure;

/// <summary>What runs the servers.</summary>
internal enum InfrastructureKind
{
    /// <summary>Programs of this machine.</summary>
    Native,

    /// <summary>A container runtime.</summary>
    Containers,
}

/// <summary>What the first start chose: later starts keep to it, for that is where the data is.</summary>
internal sealed record InfrastructureRecord(InfrastructureKind Kind)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>
    /// Whether a server of this kind ever became ready. Until then there is no data that another choice could leave behind, so a first start
    /// that failed (no image to be had, say) binds nobody.
    /// </summary>
    public bool Ready { get; init; } = true;

    /// <summary><c>docker</c> or <c>podman</c>: one does not see the other's volumes.</summary>
    public string? Runtime { get; init; }

    /// <summary>What later starts have to keep to.</summary>
    [JsonIgnore]
    public InfrastructureKind? BindingKind => Ready ? Kind : null;

    [JsonIgnore]
    public string? BindingRuntime => Ready ? Runtime : null;

    /// <summary>By resource name.</summary>
    public IReadOnlyDictionary<string, ServerRecord> Servers { get; init; } = new Dictionary<string, ServerRecord>();

    /// <summary>What is recorded under the state directory; null before the first start.</summary>
    /// <exception cref="DistributedApplicationException">The file is there and cannot be understood.</exception>
    public static InfrastructureRecord? Read(string stateDirectory)
    {
        var file = FileIn(stateDirectory);
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<InfrastructureRecord>(File.ReadAllText(file), Json);
        }
        catch (JsonException e)
        {
            throw new DistributedApplicationException(
                $"'{file}' says where this application's data is, and cannot be read: {e.Message} Restore it from a backup, or, if the data may go, run './rag reset'.", e);
        }
    }

    public void Write(string stateDirectory)
    {
        var file = FileIn(stateDirectory);
        File.WriteAllText(file + ".tmp", JsonSerializer.Serialize(this, Json) + "\n");
        File.Move(file + ".tmp", file, overwrite: true);
    }

    public InfrastructureRecord With(string resourceName, ServerRecord server) => this with
    {
        Servers = new SortedDictionary<string, ServerRecord>(Servers.ToDictionary(), StringComparer.Ordinal) { [resourceName] = server },
    };

    private static string FileIn(string stateDirectory) => Path.Combine(stateDirectory, "infrastructure.json");
}

/// <summary>One server's data.</summary>
/// <param name="Data">The directory, or the container volume's name.</param>
/// <param name="MajorVersion">Of the server that made it, where versions do not read each other's data.</param>
internal sealed record ServerRecord(string? Data, int? MajorVersion)
{
    /// <summary>See <see cref="Infrastructure.PasswordFingerprint"/>.</summary>
    public string? PasswordFingerprint { get; init; }
}
