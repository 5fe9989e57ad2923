namespace Rag.Deploy.Values;

/// <summary>Values that cannot be deployed. One line for each fault: file and line, path, what stands there, what is allowed.</summary>
/// <param name="faults">In the order in which they were found.</param>
public sealed class ValuesException(IReadOnlyList<string> faults)
    : DeployException(string.Join('\n', (faults ?? throw new ArgumentNullException(nameof(faults))).Select(OneLine)), "Nothing was written.")
{
    /// <summary>One line for each fault.</summary>
    public IReadOnlyList<string> Faults { get; } = [.. faults.Select(OneLine)];

    // A value may hold anything: ends of lines, and what terminals take for commands.
    private static string OneLine(string fault) => string.Concat(fault.Select(static c => char.IsControl(c) ? $"\\u{(int)c:x4}" : c.ToString()));
}
