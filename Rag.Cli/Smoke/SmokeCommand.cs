using System.CommandLine;
using Rag.Cli.Connection;

namespace Rag.Cli.Smoke;

/// <summary><c>rag smoke</c>: whether a deployment does what it is for, seen from outside.</summary>
internal static class SmokeCommand
{
    public static Command Create(CliContext context)
    {
        var address = ApiCommand.AddressArgument();
        var wait = DurationOption.Create("--wait", "How long each step may take, the first one included: a new deployment is still starting.", TimeSpan.FromMinutes(5));
        var command = new Command("smoke", "Send a document into a collection of its own, search, ask, check the citation, and remove it again.") { address, wait };
        command.SetApiAction(
            context,
            (parsed, client, cancellationToken) => new SmokeTest(client, context.Terminal, context.Time, parsed.GetValue(wait)).RunAsync(cancellationToken),
            address);
        return command;
    }
}
