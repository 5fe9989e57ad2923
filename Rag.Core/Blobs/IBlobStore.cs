using Npgsql;
using Rag.Core.Documents;

namespace Rag.Core.Blobs;

/// <summary>
/// Originals by content: (collection, SHA-256). Writing is in two steps, so that the caller can take the lock of the reference row
/// in between: see <see cref="IStagedBlob.CommitAsync"/>. Thread-safe, also across processes. A store that cannot be read or written at
/// the moment is a transient <see cref="RagException"/>, <c>blobs-away</c> or <c>disk-full</c>, whatever the call.
/// </summary>
public interface IBlobStore
{
    /// <summary>Reads <paramref name="content"/> to its end into durable temporary storage and hashes it on the way.</summary>
    /// <exception cref="RagException"><c>file-too-large</c> as soon as the limit is passed; <c>disk-full</c>.</exception>
    Task<IStagedBlob> StageAsync(CollectionId collection, Stream content, CancellationToken cancellationToken);

    /// <summary>Opens an original: readable and seekable; the caller disposes it. Null when there is none.</summary>
    Task<Stream?> OpenAsync(CollectionId collection, ReadOnlyMemory<byte> sha256, CancellationToken cancellationToken);

    /// <summary>
    /// How many bytes the store really holds of each original, in the given order; null: none of that name. Cheap: reads no content. The
    /// number differs from the length that was committed when content was lost or cut.
    /// </summary>
    Task<IReadOnlyList<long?>> MeasureAsync(IReadOnlyList<BlobName> originals, CancellationToken cancellationToken);

    /// <summary>Whether the original is there.</summary>
    Task<bool> ExistsAsync(CollectionId collection, ReadOnlyMemory<byte> sha256, CancellationToken cancellationToken);

    /// <summary>
    /// Removes an original; nothing happens when there is none. Streams that are open stay readable; one out of a bucket to its end, and not from
    /// another place.
    /// </summary>
    Task DeleteAsync(CollectionId collection, ReadOnlyMemory<byte> sha256, CancellationToken cancellationToken);

    /// <summary>Removes every original of a collection.</summary>
    Task DeleteCollectionAsync(CollectionId collection, CancellationToken cancellationToken);

    /// <summary>Every committed original, in no order. What is written or removed meanwhile may or may not be among them.</summary>
    IAsyncEnumerable<BlobEntry> ListAsync(CancellationToken cancellationToken);

    /// <summary>Collections of which anything is here, be it an empty folder, and nothing of it was changed after <paramref name="unchangedSince"/>.</summary>
    Task<IReadOnlyList<CollectionId>> ListCollectionsAsync(DateTimeOffset unchangedSince, CancellationToken cancellationToken);

    /// <summary>
    /// Null when nothing speaks against reading and writing originals now; else the reason in words. Cheap: it reads and writes none, so a right
    /// to write that is missing shows with the first upload only.
    /// </summary>
    Task<string?> CheckAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Whether all that is in the store is that installation's. A store that is nobody's yet becomes its own by being asked. What another
    /// installation keeps there is unknown to this one's database, and is not left over.
    /// </summary>
    Task<bool> BelongsToAsync(Guid installation, CancellationToken cancellationToken);

    /// <summary>Removes what unfinished writes left behind longer ago than <paramref name="age"/>. Returns how many.</summary>
    Task<int> RemoveLeftoversAsync(TimeSpan age, CancellationToken cancellationToken);
}

/// <summary>Content that is on disk, but not yet under its name. Disposing without a commit removes it.</summary>
public interface IStagedBlob : IAsyncDisposable
{
    /// <summary>32 bytes.</summary>
    ReadOnlyMemory<byte> Sha256 { get; }

    /// <summary>Length of the content.</summary>
    long SizeBytes { get; }

    /// <summary>
    /// Puts the content under its name, durably; what is there already must be the same and may stay, but for content of another
    /// length, which is replaced. Call it while holding the reference row's lock, before the transaction that refers to it commits:
    /// collection of unreferenced originals takes the same lock. May be repeated.
    /// </summary>
    /// <param name="transaction">The connection of that transaction; a store inside of the database makes this a part of it.</param>
    /// <param name="isDamaged">Whether what is there is known to be something else: then it is replaced in any case.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task CommitAsync(NpgsqlConnection transaction, bool isDamaged, CancellationToken cancellationToken);
}

/// <summary>What an original is called.</summary>
/// <param name="Collection">Its collection.</param>
/// <param name="Sha256">32 bytes.</param>
public readonly record struct BlobName(CollectionId Collection, ReadOnlyMemory<byte> Sha256);

/// <summary>One committed original.</summary>
/// <param name="Collection">Its collection.</param>
/// <param name="Sha256">32 bytes.</param>
/// <param name="SizeBytes">Its length.</param>
/// <param name="Written">When it was last committed, by the store's clock.</param>
public sealed record BlobEntry(CollectionId Collection, ReadOnlyMemory<byte> Sha256, long SizeBytes, DateTimeOffset Written);
