namespace Rag.Cli.Tests;

/// <summary>Runs one command line in this process and keeps what it wrote.</summary>
internal sealed record CliRun(int ExitCode, string Output, string Error)
{
    public static async Task<CliRun> InvokeAsync(
        string[] args,
        IReadOnlyDictionary<string, string>? variables = null,
        string? input = null,
        string? workingDirectory = null,
        Checkout? checkout = null,
        IReadOnlyDictionary<string, string>? recorded = null,
        CancellationToken cancellationToken = default)
    {
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        using var reader = input is null ? null : new StringReader(input);
        var context = new CliContext
        {
            Terminal = Terminal.Plain(output, error, reader),
            Checkout = checkout,
            WorkingDirectory = workingDirectory ?? Path.GetTempPath(),
            Variable = name => variables?.GetValueOrDefault(name),
            Recorded = name => recorded?.GetValueOrDefault(name),
        };
        var exitCode = await CliApplication.RunAsync(args, context, cancellationToken);
        return new CliRun(exitCode, output.ToString(), error.ToString());
    }
}
