namespace Rag.Deploy.Values;

/// <summary>Values that cannot be deployed. One line for each fault: file and line, path, what stands there, what is allowed.</summary>
/// <param name="faults">In the order in which they were found.</param>
public sealed class ValuesException(IReadOnlyList<string> faults)
    : DeployException(string.Join('\n', faults ?? throw new ArgumentNullException(nameof(faults))), "Nothing was written.")
{
    /// <summary>One line for each fault.</summary>
    public IReadOnlyList<string> Faults { get; } = faults;
}
