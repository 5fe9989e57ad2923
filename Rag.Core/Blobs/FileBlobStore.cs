using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using Rag.Core.Documents;

namespace Rag.Core.Blobs;

/// <summary>
/// Originals as files, named as <see cref="BlobLayout"/> says, and unfinished ones under <c>{root}/.staging</c>, on the same file system so that
/// the rename is atomic. A file under its name is always whole.
/// </summary>
internal sealed partial class FileBlobStore : IBlobStore
{
    private const int BufferSize = 128 * 1024;

    // Folders may go while they are walked through.
    private static readonly EnumerationOptions Everything = new() { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = 0 };

    private readonly string _root;
    private readonly string _staging;
    private readonly long _maxBytes;
    private readonly TimeProvider _clock;

    public FileBlobStore(IOptions<BlobOptions> options, TimeProvider clock)
    {
        _root = Path.GetFullPath(options.Value.Path);
        _staging = Path.Combine(_root, ".staging");
        _maxBytes = options.Value.MaxFileMiB * 1024L * 1024L;
        _clock = clock;
    }

    public Task<Stream?> OpenAsync(CollectionId collection, ReadOnlyMemory<byte> sha256, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return Task.FromResult<Stream?>(new FileStream(PathOf(collection, sha256), new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.Read,
                // Delete: the file may be removed or replaced by itself while somebody reads it.
                Share = FileShare.Read | FileShare.Delete,
                Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
            }));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return IsStore() ? Task.FromResult<Stream?>(null) : throw StoreFault.NoFolder();
        }
        catch (Exception e) when (StoreFault.Is(e))
        {
            throw StoreFault.From(e);
        }
    }

    public Task<IReadOnlyList<long?>> MeasureAsync(IReadOnlyList<BlobName> originals, CancellationToken cancellationToken)
    {
        var lengths = new long?[originals.Count];
        for (var i = 0; i < lengths.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            lengths[i] = Length(originals[i]);
        }

        return Task.FromResult<IReadOnlyList<long?>>(lengths);
    }

    public Task<bool> ExistsAsync(CollectionId collection, ReadOnlyMemory<byte> sha256, CancellationToken cancellationToken)
    {
        try
        {
            // File.Exists says "no" also when it could not look.
            _ = File.GetAttributes(PathOf(collection, sha256));
            return Task.FromResult(true);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return IsStore() ? Task.FromResult(false) : throw StoreFault.NoFolder();
        }
        catch (Exception e) when (StoreFault.Is(e))
        {
            throw StoreFault.From(e);
        }
    }

    public Task DeleteAsync(CollectionId collection, ReadOnlyMemory<byte> sha256, CancellationToken cancellationToken)
    {
        try
        {
            File.Delete(PathOf(collection, sha256));
        }
        catch (DirectoryNotFoundException)
        {
            // Gone already, with its folder.
        }
        catch (Exception e) when (StoreFault.Is(e))
        {
            throw StoreFault.From(e);
        }

        return Task.CompletedTask;
    }

    public Task DeleteCollectionAsync(CollectionId collection, CancellationToken cancellationToken)
    {
        try
        {
            Directory.Delete(Path.Combine(_root, collection.ToString()), recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Nothing was ever written, or another process removed it.
        }
        catch (Exception e) when (StoreFault.Is(e))
        {
            throw StoreFault.From(e);
        }

        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<CollectionId>> ListCollectionsAsync(DateTimeOffset unchangedSince, CancellationToken cancellationToken)
    {
        var found = new List<CollectionId>();
        foreach (var (collection, folder) in Collections())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (folder.LastWriteTimeUtc <= unchangedSince.UtcDateTime
                && folder.EnumerateFileSystemInfos("*", Everything).All(entry => entry.LastWriteTimeUtc <= unchangedSince.UtcDateTime))
            {
                found.Add(collection);
            }
        }

        return Task.FromResult<IReadOnlyList<CollectionId>>(found);
    }

    public async IAsyncEnumerable<BlobEntry> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        foreach (var (collection, folder) in Collections())
        {
            foreach (var file in folder.EnumerateFiles("*", Everything))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (BlobLayout.IsDigest(file.Name, out var sha256) && file.Exists)
                {
                    yield return new BlobEntry(collection, sha256, file.Length, new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero));
                }
            }
        }
    }

    public Task<int> RemoveLeftoversAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        var removed = 0;
        if (Directory.Exists(_staging))
        {
            var before = _clock.GetUtcNow().UtcDateTime - age;
            foreach (var file in new DirectoryInfo(_staging).EnumerateFiles())
            {
                cancellationToken.ThrowIfCancellationRequested();
                // The time of the last write, not of the start: a slow upload still grows.
                if (file.LastWriteTimeUtc < before)
                {
                    file.Delete();
                    removed++;
                }
            }
        }

        return Task.FromResult(removed);
    }

    public async Task<bool> BelongsToAsync(Guid installation, CancellationToken cancellationToken)
    {
        var owner = Path.Combine(_root, BlobLayout.Owner);
        try
        {
            if (IsStore() && !File.Exists(owner))
            {
                // By a name of its own first, so that whoever reads it reads all of it.
                var unfinished = Path.Combine(_staging, Guid.NewGuid().ToString("N"));
                await File.WriteAllTextAsync(unfinished, $"{installation}\n", cancellationToken);
                try
                {
                    File.Move(unfinished, owner, overwrite: false);
                }
                catch (IOException) when (File.Exists(owner))
                {
                    // Somebody else was first.
                    File.Delete(unfinished);
                }
            }

            return !File.Exists(owner) || (await File.ReadAllTextAsync(owner, cancellationToken)).Trim() == installation.ToString();
        }
        catch (Exception e) when (StoreFault.Is(e))
        {
            throw StoreFault.From(e);
        }
    }

    // Apart from the caller: a share that does not answer holds whoever asks it, whatever becomes of the question.
    public Task<string?> CheckAsync(CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            try
            {
                // Nothing at all is what there is before the first upload.
                return Collections().Any() && !IsStore() ? StoreFault.NoFolder().Message : null;
            }
            catch (Exception e) when (StoreFault.Is(e))
            {
                return StoreFault.From(e).Message;
            }
        },
        cancellationToken).WaitAsync(cancellationToken);

    private long? Length(BlobName name)
    {
        try
        {
            return new FileInfo(PathOf(name.Collection, name.Sha256)).Length;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return IsStore() ? null : throw StoreFault.NoFolder();
        }
        catch (Exception e) when (StoreFault.Is(e))
        {
            throw StoreFault.From(e);
        }
    }

    // The folder for unfinished files was there before the first original. The empty folder that a share leaves where it is not mounted has
    // none: what is not found in it is not missing, it is away.
    private bool IsStore() => Directory.Exists(_staging);

    private IEnumerable<(CollectionId Collection, DirectoryInfo Folder)> Collections()
    {
        if (!Directory.Exists(_root))
        {
            yield break;
        }

        foreach (var folder in new DirectoryInfo(_root).EnumerateDirectories())
        {
            if (BlobLayout.IsCollection(folder.Name, out var collection))
            {
                yield return (collection, folder);
            }
        }
    }

    private string PathOf(CollectionId collection, ReadOnlyMemory<byte> sha256) => Path.Combine(_root, BlobLayout.NameOf(collection, sha256));
}
