namespace Rag.Core;

/// <summary>
/// The one root of the engine's expected failures. <see cref="Code"/> is stable and becomes the last part of a problem's
/// <c>type</c>; the message says what happened and what to do next, and never holds document text or secrets.
/// </summary>
/// <param name="code">Stable, kebab-case: <c>collection-not-found</c>.</param>
/// <param name="message">One or two sentences for a person.</param>
/// <param name="isTransient">True when the same call may succeed later without anybody changing anything.</param>
/// <param name="inner">The cause, for logs only.</param>
public class RagException(string code, string message, bool isTransient = false, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>Stable, kebab-case name of what went wrong.</summary>
    public string Code { get; } = code;

    /// <summary>Whether repeating the call later may help.</summary>
    public bool IsTransient { get; } = isTransient;
}
