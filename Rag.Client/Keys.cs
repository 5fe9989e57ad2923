namespace Rag.Client;

/// <summary>An API key without its secret.</summary>
public sealed record ApiKey
{
    /// <summary>Names it in <c>DELETE /v1/keys/{id}</c>.</summary>
    public required Guid Id { get; init; }

    /// <summary>For people.</summary>
    public required string Name { get; init; }

    /// <summary>What it may do.</summary>
    public required IReadOnlyList<KeyScope> Scopes { get; init; }

    /// <summary>Names of the collections it is confined to; null: all.</summary>
    public IReadOnlyList<string>? Collections { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it ends by itself.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>To about a minute.</summary>
    public DateTimeOffset? LastUsed { get; init; }

    /// <summary>It comes from the configuration.</summary>
    public bool Bootstrap { get; init; }

    /// <summary>The key itself; only in the answer that creates it.</summary>
    public string? Key { get; init; }
}

/// <summary>What a key may do. None includes another.</summary>
public enum KeyScope
{
    /// <summary>Search, ask, look.</summary>
    Read,

    /// <summary>Add, change and remove documents.</summary>
    Write,

    /// <summary>Collections and keys.</summary>
    Admin,
}

/// <summary>A new key.</summary>
public sealed record CreateKey(string Name, IReadOnlyList<KeyScope> Scopes, IReadOnlyList<string>? Collections = null, DateTimeOffset? Expires = null);

/// <summary>Whose rights a bearer has.</summary>
public sealed record SessionInfo(string KeyName, IReadOnlyList<KeyScope> Scopes, IReadOnlyList<string>? Collections, DateTimeOffset? Expires);

/// <summary>A new session; serves as bearer.</summary>
public sealed record Session(string Token, DateTimeOffset Expires)
{
    // The wire calls it "session".
    internal sealed record Wire(string Session, DateTimeOffset Expires);
}

/// <summary>What answers.</summary>
public sealed record VersionInfo(string Version, string? Commit, ProviderInfo? Embedding, ChatInfo Chat, IndexInfo Index);

/// <summary>The embedding model.</summary>
public sealed record ProviderInfo(string Provider, string Model);

/// <summary>The chat model, or <c>extractive</c>.</summary>
public sealed record ChatInfo(string Model);

/// <summary>The index.</summary>
public sealed record IndexInfo(string Provider);

/// <summary>Whether it can work.</summary>
/// <param name="Status"><c>ready</c>, <c>degraded</c>, <c>unavailable</c> or <c>draining</c>.</param>
/// <param name="Checks">By dependency.</param>
public sealed record HealthReport(string Status, IReadOnlyList<HealthCheck> Checks);

/// <summary>One dependency.</summary>
public sealed record HealthCheck(string Name, string Status, string? Detail);
