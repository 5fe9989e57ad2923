namespace Rag.Cli.Documents;

internal enum SentState
{
    /// <summary>Accepted; a worker has not finished it yet.</summary>
    Accepted,

    /// <summary>The same content was there already.</summary>
    Unchanged,

    Ready,

    Failed,
}

/// <summary>What became of one file.</summary>
/// <param name="Name">Its path as the summary shows it.</param>
/// <param name="Id">Its document; null when it was refused.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Reason">Why it failed, as <c>code: words</c>.</param>
internal sealed record SentDocument(string Name, Guid? Id, SentState State, string? Reason = null);
