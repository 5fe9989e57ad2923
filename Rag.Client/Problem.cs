namespace Rag.Client;

/// <summary>A reason that a person can act on: why a document failed or an upload was rejected.</summary>
/// <param name="Code">Stable, kebab-case.</param>
/// <param name="Message">What happened and what to do.</param>
public sealed record Problem(string Code, string Message);

/// <summary>The body of every error that the API answers with (RFC 9457).</summary>
public sealed record ProblemDetails
{
    /// <summary>Its last path segment is the stable code.</summary>
    public string? Type { get; init; }

    /// <summary>Short and the same for every occurrence.</summary>
    public string? Title { get; init; }

    /// <summary>HTTP status.</summary>
    public int Status { get; init; }

    /// <summary>What happened this time and what to do.</summary>
    public string? Detail { get; init; }

    /// <summary>The path that was asked for.</summary>
    public string? Instance { get; init; }

    /// <summary>Finds the request in traces and logs.</summary>
    public string? TraceId { get; init; }

    /// <summary>What is wrong, by field; only with <c>invalid-request</c>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Errors { get; init; }

    /// <summary>The stable code: <c>collection-not-found</c>.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string Code => Type is null ? "unknown" : Type[(Type.LastIndexOf('/') + 1)..];
}
