namespace RagPlatform.ServiceDefaults.Problems;

/// <summary>An answer that ends the request: a code of <see cref="ProblemCatalog"/> and a detail that says what to do.</summary>
/// <param name="code">Stable, kebab-case.</param>
/// <param name="detail">What happened and what to do next; no secrets, no document text.</param>
/// <param name="inner">The cause, for logs.</param>
public sealed class ProblemException(string code, string detail, Exception? inner = null) : Exception(detail, inner)
{
    /// <summary>Stable code.</summary>
    public string Code { get; } = code;

    /// <summary>What is wrong, by field.</summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    /// <summary>When to try again.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>One wrong field.</summary>
    public static ProblemException Field(string field, string message) =>
        Invalid(new Dictionary<string, string[]>(StringComparer.Ordinal) { [field] = [message] });

    /// <summary>Wrong fields, all at once.</summary>
    public static ProblemException Invalid(IReadOnlyDictionary<string, string[]> errors) =>
        new("invalid-request", "The request is not valid; 'errors' names each field and what it may hold.") { Errors = errors };
}

/// <summary>How a service's own exceptions become problems. The first mapper that knows an exception decides.</summary>
public interface IProblemMapper
{
    /// <summary>The problem of an exception, or null when it is not this mapper's.</summary>
    ProblemException? Map(Exception exception);
}
