namespace Rag.Client;

/// <summary>One page of a list, newest first.</summary>
/// <param name="Items">What this page holds.</param>
/// <param name="NextCursor">Pass it on for the next page; null on the last one.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor);
