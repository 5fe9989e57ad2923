using System.CommandLine;
using System.CommandLine.Invocation;
using System.Net.Sockets;
using Npgsql;
using Rag.Cli.Backup;
using Rag.Cli.Deployment;
using Rag.Cli.Deployment.Bundle;
using Rag.Cli.Deployment.Images;
using Rag.Cli.Deployment.Status;
using Rag.Cli.Documents;
using Rag.Cli.Evaluation;
using Rag.Cli.Index;
using Rag.Cli.Jobs;
using Rag.Cli.Load;
using Rag.Cli.Prerequisites;
using Rag.Cli.Questions;
using Rag.Cli.Reset;
using Rag.Cli.Smoke;
using Rag.Cli.Testing;
using Rag.Cli.Up;
using Rag.Deploy;

namespace Rag.Cli;

/// <summary>The commands put together, and the one place where a failure becomes a line of text and an exit code.</summary>
internal static class CliApplication
{
    /// <summary>Runs one command line. Never throws; the result is one of <see cref="ExitCode"/>.</summary>
    public static async Task<int> RunAsync(string[] args, CliContext context, CancellationToken cancellationToken)
    {
        var parsed = Root(context).Parse(args.Length == 0 ? ["--help"] : args);
        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
        {
            return ReportUsage(parsed, context.Terminal);
        }

        try
        {
            // Signals are handled by Program: the library's own handling would end the process before its children.
            var invocation = new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
                Output = context.Terminal.Out,
                Error = context.Terminal.Error,
            };
            return await parsed.InvokeAsync(invocation, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCode.Cancelled;
        }
        catch (CliException exception)
        {
            context.Terminal.Problem(exception.Message, exception.Remedy);
            return exception.ExitCode;
        }
        catch (DeployException exception)
        {
            context.Terminal.Problem(exception.Message, exception.Remedy);
            return ExitCode.Failed;
        }
        catch (PostgresException exception)
        {
            context.Terminal.Problem($"PostgreSQL refused: {exception.MessageText} ({exception.SqlState})", remedy: null);
            return ExitCode.Failed;
        }
        catch (NpgsqlException exception)
        {
            // Everything else that its driver throws is a connection that broke; its message names no password.
            context.Terminal.Problem($"The connection to the database broke: {exception.Message}", "It runs while './rag up' does. What was not finished was not changed.");
            return ExitCode.Unavailable;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or SocketException)
        {
            // Files and sockets of the person's own machine: the system's message already says which and why.
            context.Terminal.Problem(exception.Message, remedy: null);
            return ExitCode.Failed;
        }
    }

    private static RootCommand Root(CliContext context)
    {
        var root = new RootCommand("RagPlatform: documents in, cited answers out, on machines you control.");
        root.Subcommands.Add(UpCommand.Create(context));
        root.Subcommands.Add(IngestCommand.Create(context));
        root.Subcommands.Add(AskCommand.Create(context));
        root.Subcommands.Add(SearchCommand.Create(context));
        root.Subcommands.Add(CollectionsCommand.Create(context));
        root.Subcommands.Add(ReindexCommand.Create(context));
        root.Subcommands.Add(JobsCommand.Create(context));
        root.Subcommands.Add(EvalCommand.Create(context));
        root.Subcommands.Add(SmokeCommand.Create(context));
        root.Subcommands.Add(LoadCommand.Create(context));
        root.Subcommands.Add(BackupCommand.Create(context));
        root.Subcommands.Add(RestoreCommand.Create(context));
        root.Subcommands.Add(ResetCommand.Create(context));
        root.Subcommands.Add(GenerateCommand.Create(context));
        root.Subcommands.Add(ImagesCommand.Create(context));
        root.Subcommands.Add(ApplyCommand.Create(context));
        root.Subcommands.Add(StatusCommand.Create(context));
        root.Subcommands.Add(DiffCommand.Create(context));
        root.Subcommands.Add(BundleCommand.Create(context));
        root.Subcommands.Add(SecretsCommand.Create(context));
        root.Subcommands.Add(DestroyCommand.Create(context));
        root.Subcommands.Add(TestCommand.Create(context));
        root.Subcommands.Add(DoctorCommand.Create(context));
        return root;
    }

    private static int ReportUsage(ParseResult parsed, Terminal terminal)
    {
        var command = parsed.CommandResult.Command;
        if (command is RootCommand && parsed.UnmatchedTokens is [var unknown, ..])
        {
            var names = string.Join(", ", command.Subcommands.Where(one => !one.Hidden).Select(one => one.Name));
            terminal.Problem($"There is no command '{unknown}'.", $"There are: {names}.");
            return ExitCode.Usage;
        }

        var path = string.Join(' ', Lineage(command));
        terminal.Problem(string.Join(' ', parsed.Errors.Select(error => error.Message).Distinct()), $"'{path} --help' shows what there is.");
        return ExitCode.Usage;
    }

    private static IEnumerable<string> Lineage(Command command) =>
        command is RootCommand ? ["./rag"] : [.. command.Parents.OfType<Command>().Take(1).SelectMany(Lineage), command.Name];
}
