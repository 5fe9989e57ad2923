using System.CommandLine;
using Rag.Client;

namespace Rag.Cli.Connection;

/// <summary>What the commands that talk to the API have in common.</summary>
internal static class ApiCommand
{
    /// <summary>Adds <c>--url</c> and runs <paramref name="action"/> with a client, turning the API's failures into words.</summary>
    public static void SetApiAction(
        this Command command, CliContext context, Func<ParseResult, RagClient, CancellationToken, Task<int>> action)
    {
        var url = ApiConnection.UrlOption();
        command.Options.Add(url);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var connection = ApiConnection.Resolve(context, parsed.GetValue(url));
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

    public static Option<string> CollectionOption() => new("--collection", "-c") { Description = "Which collection.", DefaultValueFactory = _ => "default" };

    public static Option<SearchMode?> ModeOption() => new("--mode") { Description = "lexical, dense or hybrid; default: the collection's own setting." };
}
