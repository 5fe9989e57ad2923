namespace Rag.Core.Caching;

/// <summary>What Redis answered, if it did.</summary>
/// <param name="Answered">False: it is not configured, away, too slow or refuses. Whoever asked goes on without.</param>
/// <param name="Value">The answer; the type's default without one.</param>
public readonly record struct CacheReply<T>(bool Answered, T? Value);
