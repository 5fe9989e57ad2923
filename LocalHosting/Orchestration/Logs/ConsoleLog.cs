namespace Aspire.Hosting.Orchestration.Logs;

/// <summary>Writes lines with the resource's name before them, each name in its own colour where there are colours. Thread-safe.</summary>
internal sealed class ConsoleLog(TextWriter writer, bool colour)
{
    private const string Reset = "\e[0m";
    private const string Red = "\e[31m";

    // Red is for standard error, black and white may be the background.
    private static readonly string[] Colours = ["\e[36m", "\e[32m", "\e[33m", "\e[35m", "\e[34m", "\e[96m", "\e[92m", "\e[93m", "\e[95m", "\e[94m"];

    private readonly Lock _lock = new();
    private readonly Dictionary<string, string> _colourOf = new(StringComparer.Ordinal);

    /// <summary>To our standard output; without colour when it is redirected or NO_COLOR is set (no-color.org).</summary>
    public static ConsoleLog ForStandardOutput() => new(
        Console.Out,
        colour: !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")));

    public void Write(string name, string line, bool isError = false)
    {
        lock (_lock)
        {
            try
            {
                writer.WriteLine(colour ? Coloured(name, line, isError) : $"[{name}] {line}");
            }
            catch (IOException)
            {
                // The terminal was closed, or the pipe's reader ended: nobody reads on, but what runs has to be ended in order.
            }
        }
    }

    private string Coloured(string name, string line, bool isError)
    {
        if (!_colourOf.TryGetValue(name, out var code))
        {
            _colourOf[name] = code = Colours[_colourOf.Count % Colours.Length];
        }

        return isError ? $"{code}[{name}]{Reset} {Red}{line}{Reset}" : $"{code}[{name}]{Reset} {line}";
    }
}
