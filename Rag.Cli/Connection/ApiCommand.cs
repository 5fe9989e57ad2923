using System.CommandLine;
using Rag.Client;

namespace Rag.Cli.Connection;

/// <summary>What the commands that talk to the API have in common.</summary>
internal static class ApiCommand
{
    /// <summary>Adds <c>--url</c> and <c>--key-file</c> and runs <paramref name="action"/> with a client, turning the API's failures into words.</summary>
    /// <param name="command">Gets the options.</param>
    /// <param name="context">Where an API is looked for that nobody names.</param>
    /// <param name="action">What the command does.</param>
    /// <param name="address">An argument that says the same as <c>--url</c>, for commands that are mostly pointed at some other API.</param>
    public static void SetApiAction(
        this Command command, CliContext context, Func<ParseResult, RagClient, CancellationToken, Task<int>> action, Argument<string?>? address = null)
    {
        var url = ApiConnection.UrlOption();
        var keyFile = ApiConnection.KeyFileOption();
        command.Options.Add(url);
        command.Options.Add(keyFile);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var connection = ApiConnection.Resolve(context, (address is null ? null : parsed.GetValue(address)) ?? parsed.GetValue(url), parsed.GetValue(keyFile));
            try
            {
                return await action(parsed, connection.Connect(), cancellationToken);
            }
            catch (RagApiException exception)
            {
                throw connection.Explain(exception);
            }
        });
    }

    public static Argument<string?> AddressArgument() => new("address") { Description = "Root of the API, as with --url.", Arity = ArgumentArity.ZeroOrOne };

    public static Option<string> CollectionOption() => new("--collection", "-c") { Description = "Which collection.", DefaultValueFactory = _ => "default" };

    public static Option<SearchMode?> ModeOption() => new("--mode") { Description = "lexical, dense or hybrid; default: the collection's own setting." };
}
