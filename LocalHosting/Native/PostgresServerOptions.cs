namespace Aspire.Hosting.Native;

/// <summary>What a server needs.</summary>
internal sealed record PostgresServerOptions
{
    /// <summary>Folder with <c>postgres</c> and <c>initdb</c>.</summary>
    public required string BinDirectory { get; init; }

    /// <summary>Created and initialised when it is missing; owned by the server account.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>On 127.0.0.1.</summary>
    public required int Port { get; init; }

    /// <summary>Password of <see cref="UserName"/>.</summary>
    public required string Password { get; init; }

    /// <summary>The superuser.</summary>
    public string UserName { get; init; } = "postgres";

    /// <summary>For records and messages.</summary>
    public string Name { get; init; } = "postgres";

    /// <summary>Server settings beyond the defaults.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();
}
