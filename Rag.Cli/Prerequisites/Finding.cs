namespace Rag.Cli.Prerequisites;

internal enum FindingState
{
    /// <summary>There and usable.</summary>
    Found,

    /// <summary>Absent, and everything works without it.</summary>
    Optional,

    /// <summary>Absent or unusable, and something does not work because of it.</summary>
    Missing,
}

/// <summary>One line of <c>rag doctor</c>.</summary>
/// <param name="Name">What was looked for.</param>
/// <param name="State">What came of it.</param>
/// <param name="Detail">The version and place, or what is missing.</param>
/// <param name="Remedy">How to get it; null when nothing is to be done.</param>
internal sealed record Finding(string Name, FindingState State, string Detail, string? Remedy = null);
