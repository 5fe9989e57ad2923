using System.Text.Json;

namespace Rag.Cli.Deployment.Clusters;

/// <summary>The one place where JSON that kubectl prints is taken apart: what cannot be read is a failure in words, never a stack trace.</summary>
internal static class KubectlAnswer
{
    /// <summary>Reads an answer.</summary>
    /// <param name="verb">Such as <c>get</c>.</param>
    /// <param name="json">What was printed.</param>
    /// <param name="read">Takes it apart; what it returns must not refer to the document.</param>
    /// <exception cref="CliException">It is no JSON, or of another shape.</exception>
    public static T Read<T>(string verb, string json, Func<JsonElement, T> read) => Read(verb, () =>
    {
        using var document = JsonDocument.Parse(json);
        return read(document.RootElement);
    });

    /// <summary>Reads what is parsed already.</summary>
    public static T Read<T>(string verb, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            // No content of the answer: nobody knows here what it holds.
            throw new CliException($"What 'kubectl {verb}' printed is not what it prints elsewhere ({exception.GetType().Name}).", $"Is it another program of that name? 'kubectl {verb}' by hand shows it; RAG_KUBECTL names another one.", ExitCode.Unavailable, exception);
        }
    }
}
