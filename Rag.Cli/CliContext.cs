using Rag.Cli.Connection;

namespace Rag.Cli;

/// <summary>What every command is given: where to write, which checkout, and the process's surroundings.</summary>
internal sealed record CliContext
{
    public required Terminal Terminal { get; init; }

    /// <summary>Null when the program runs outside a checkout; only some commands need one.</summary>
    public Checkout? Checkout { get; init; }

    /// <summary>The folder that relative paths on the command line start from.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>Looks up an environment variable; empty counts as not set.</summary>
    public required Func<string, string?> Variable { get; init; }

    /// <summary>Looks up what AppHost recorded in its user secrets.</summary>
    public required Func<string, string?> Recorded { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public Checkout RequireCheckout() => Checkout
        ?? throw new CliException(
            "This command works on the repository, and none was found around the program.",
            "Start it with './rag' from a clone of the repository.",
            ExitCode.Unavailable);

    public static CliContext FromProcess()
    {
        static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

        return new CliContext
        {
            Terminal = Terminal.FromConsole(),
            Checkout = Checkout.Find(Variable("RAG_HOME")),
            WorkingDirectory = Environment.CurrentDirectory,
            Variable = Variable,
            Recorded = RecordedSettings.Read,
        };
    }
}
