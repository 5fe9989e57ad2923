using Spectre.Console;

namespace Rag.Cli;

/// <summary>
/// Where a command writes. Plain text when the output is not a terminal or <c>NO_COLOR</c> is set, so that scripts and screen readers
/// get whole, uncoloured lines; Spectre draws only what needs a terminal (progress bars, colours, questions).
/// </summary>
internal sealed class Terminal
{
    private readonly IAnsiConsole? _ansi;

    private Terminal(TextWriter output, TextWriter error, TextReader? input, IAnsiConsole? ansi)
    {
        Out = output;
        Error = error;
        Input = input;
        _ansi = ansi;
    }

    public TextWriter Out { get; }

    public TextWriter Error { get; }

    /// <summary>Null when nobody can be asked.</summary>
    public TextReader? Input { get; }

    /// <summary>The console for progress bars; null when the output is not a terminal.</summary>
    public IAnsiConsole? Live => _ansi;

    public static Terminal FromConsole()
    {
        var colourless = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        var ansi = Console.IsOutputRedirected
            ? null
            : AnsiConsole.Create(new AnsiConsoleSettings { ColorSystem = colourless ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect });
        return new Terminal(Console.Out, Console.Error, Console.IsInputRedirected ? null : Console.In, ansi);
    }

    /// <summary>A terminal of strings; <paramref name="input"/> null means that nobody can be asked.</summary>
    public static Terminal Plain(TextWriter output, TextWriter error, TextReader? input = null) => new(output, error, input, ansi: null);

    public void Line(string text = "") => Out.WriteLine(text);

    public void Good(string text) => Styled(text, Color.Green);

    public void Warn(string text) => Styled(text, Color.Yellow);

    public void Bad(string text) => Styled(text, Color.Red);

    public void Quiet(string text) => Styled(text, Color.Grey);

    /// <summary>A problem and what to do about it, on standard error.</summary>
    public void Problem(string message, string? remedy)
    {
        Error.WriteLine($"rag: {message}");
        if (remedy is not null)
        {
            Error.WriteLine($"     {remedy}");
        }
    }

    /// <summary>Asks a yes-no question. <paramref name="yes"/> answers it; without anybody to ask the answer is no.</summary>
    public async Task<bool> ConfirmAsync(string question, bool yes, CancellationToken cancellationToken)
    {
        if (yes)
        {
            return true;
        }

        return (await AskAsync($"{question} [y/N]", cancellationToken))?.Trim() is ['y' or 'Y', ..];
    }

    /// <summary>Asks a question that Enter answers with yes. Without anybody to ask the answer is no.</summary>
    public async Task<bool> AgreeAsync(string question, CancellationToken cancellationToken) =>
        (await AskAsync($"{question} [Y/n]", cancellationToken))?.Trim() is "" or ['y' or 'Y', ..];

    /// <summary>Asks for a line. Without anybody to ask there is none.</summary>
    public async Task<string?> AskAsync(string question, CancellationToken cancellationToken)
    {
        if (Input is null)
        {
            return null;
        }

        await Out.WriteAsync($"{question} ".AsMemory(), cancellationToken);
        await Out.FlushAsync(cancellationToken);
        try
        {
            // The console's reader blocks whatever token it is given: the wait ends on another thread, and the process does not wait for that one.
            return await Task.Run(Input.ReadLine, CancellationToken.None).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await Out.WriteLineAsync();
            throw;
        }
    }

    private void Styled(string text, Color colour)
    {
        if (_ansi is null)
        {
            Out.WriteLine(text);
        }
        else
        {
            _ansi.WriteLine(text, new Style(colour));
        }
    }
}
