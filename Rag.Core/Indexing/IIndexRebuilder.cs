using Rag.Core.Documents;

namespace Rag.Core.Indexing;

/// <summary>
/// Builds the index anew out of the database, where terms and vectors are stored: no model is called, and search goes on meanwhile.
/// Thread-safe.
/// </summary>
public interface IIndexRebuilder
{
    /// <summary>Begins. Nothing happens when it is under way already.</summary>
    /// <param name="collection">Null: all of them, with the settings that the index has now.</param>
    /// <param name="cancellationToken">Cancels the request, not the work.</param>
    /// <returns>Whether it was begun, and why not.</returns>
    Task<RebuildStart> StartAsync(CollectionId? collection, CancellationToken cancellationToken);

    /// <summary>How it is at the moment.</summary>
    /// <param name="collection">Null: all of them.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<IndexState> StateAsync(CollectionId? collection, CancellationToken cancellationToken);
}

/// <summary>What came of asking for an index that is built anew.</summary>
public enum RebuildStart
{
    /// <summary>It was begun.</summary>
    Begun,

    /// <summary>It was under way already.</summary>
    Running,

    /// <summary>Nothing was begun: the index that there is is being filled for the first time, with the settings that it was made with.</summary>
    Filling,

    /// <summary>Nothing was begun, for nothing in the collection is searched.</summary>
    Empty,
}

/// <summary>What can be said of the index.</summary>
/// <param name="Provider">Which one it is.</param>
/// <param name="IsBuilding">Whether documents are being written anew.</param>
/// <param name="IsFilling">Whether that is because the index never had everything yet; false for one collection.</param>
/// <param name="Documents">Searchable documents in the database.</param>
/// <param name="Indexed">How many of them the index has as they are; while one is built beside it, how many that one has.</param>
/// <param name="Lag">Age of the oldest change that is not in the index; null where each process has an index of its own.</param>
public sealed record IndexState(Retrieval.IndexProvider Provider, bool IsBuilding, bool IsFilling, long Documents, long Indexed, TimeSpan? Lag);
