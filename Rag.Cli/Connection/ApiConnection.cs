using System.CommandLine;
using Rag.Client;

namespace Rag.Cli.Connection;

/// <summary>Which API a command talks to, and with which key.</summary>
/// <param name="Url">Root of the API.</param>
/// <param name="Key">The bearer, or null when there is none.</param>
internal sealed record ApiConnection(Uri Url, string? Key)
{
    private const string UrlVariable = "RAG_URL";
    private const string KeyVariable = "RAG_API_KEY";

    /// <summary>The option that every command which talks to the API has.</summary>
    public static Option<string?> UrlOption() => new("--url") { Description = "Root of the API, if it is not the one that './rag up' started here (or RAG_URL; the key: RAG_API_KEY)." };

    public RagClient Connect() => RagClient.Create(Url, Key);

    /// <summary>
    /// The API by <paramref name="option"/>, <c>RAG_URL</c> or what AppHost recorded, in this order; the key by <c>RAG_API_KEY</c> or the record.
    /// The recorded key goes to the recorded API only: it must not reach whatever host a person names.
    /// </summary>
    /// <exception cref="CliException">No API is known, or its address is none.</exception>
    public static ApiConnection Resolve(CliContext context, string? option)
    {
        var recorded = context.Recorded(RecordedSettings.UrlKey);
        var text = option ?? context.Variable(UrlVariable) ?? recorded
            ?? throw new CliException(
                "No API is known on this machine.", $"Start one with './rag up', or name one with --url or {UrlVariable}.", ExitCode.Unavailable);
        if (Parse(text) is not { } url)
        {
            throw new CliException($"'{text}' is not the address of an API.", "It looks like http://localhost:5170.", ExitCode.Usage);
        }

        var isRecorded = recorded is not null && Parse(recorded) is { } known && known.Authority == url.Authority && known.Scheme == url.Scheme;
        return new ApiConnection(url, context.Variable(KeyVariable) ?? (isRecorded ? context.Recorded(RecordedSettings.BootstrapKey) : null));
    }

    /// <summary>Says a failure of the API in a person's words, with what to do.</summary>
    public CliException Explain(RagApiException exception) => exception switch
    {
        { Code: RagApiException.Unreachable } => new CliException(
            $"No API answers at {Url}.", $"Start it with './rag up', or name another with --url or {UrlVariable}.", ExitCode.Unavailable, exception),
        { Status: System.Net.HttpStatusCode.Unauthorized } => new CliException(
            exception.Message, $"Set {KeyVariable} to a key of the API at {Url}.", ExitCode.Unavailable, exception),
        // The database, the model, the store of originals: something behind the API is not there.
        { Status: System.Net.HttpStatusCode.ServiceUnavailable } => new CliException(exception.Message, remedy: null, ExitCode.Unavailable, exception),
        { Code: "collection-not-found" } => new CliException(exception.Message, "'./rag collections' lists those there are.", ExitCode.Failed, exception),
        _ => new CliException(exception.Message, remedy: null, ExitCode.Failed, exception),
    };

    private static Uri? Parse(string text)
    {
        // The client resolves paths against the root, so the root must end with a slash.
        var root = text.EndsWith('/') ? text : text + "/";
        return Uri.TryCreate(root, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url : null;
    }
}
