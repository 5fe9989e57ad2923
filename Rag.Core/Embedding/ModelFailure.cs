using System.ClientModel;

namespace Rag.Core.Embedding;

/// <summary>Says what a failed call of a model endpoint means: whether trying again may help, and what to look at.</summary>
internal static class ModelFailure
{
    /// <summary>The stable code of a model that does not answer or refuses.</summary>
    public const string Away = "model-away";

    /// <summary>Null when the failure is none of the endpoint's, so that it can be rethrown as it is.</summary>
    /// <param name="exception">As the client threw it.</param>
    /// <param name="section">Configuration section to name.</param>
    /// <param name="timeout">What was allowed.</param>
    public static RagException? From(Exception exception, string section, TimeSpan timeout) => exception switch
    {
        RagException known => known,
        // The client wraps what its own retries met.
        AggregateException { InnerExceptions: [.., var last] } => From(last, section, timeout),
        ClientResultException { Status: 401 or 403 } e => Failed($"The model endpoint refuses the key (HTTP {e.Status}). Check {section}:ApiKey or {section}:ApiKeyFile.", false, e),
        ClientResultException { Status: 404 } e => Failed($"The model endpoint does not know the path or the model (HTTP 404). Check {section}:BaseUrl and {section}:Model.", false, e),
        ClientResultException { Status: 408 or 429 or >= 500 } e => Failed($"The model endpoint is busy or broken (HTTP {e.Status}). Try again later.", true, e),
        ClientResultException { Status: > 0 } e => Failed($"The model endpoint refuses the request (HTTP {e.Status}). Check {section}.", false, e),
        ClientResultException or HttpRequestException or IOException => Failed($"The model endpoint cannot be reached. Check that it runs and that {section}:BaseUrl names it.", true, exception),
        OperationCanceledException or TimeoutException => Failed($"The model endpoint did not answer within {timeout.TotalSeconds:0} seconds ({section}:Timeout).", true, exception),
        _ => null,
    };

    private static RagException Failed(string message, bool isTransient, Exception inner) => new(Away, message, isTransient, inner);
}
