using System.Buffers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Rag.Core.Documents;

namespace Rag.Core.Blobs;

/// <summary>
/// Originals as files: <c>{root}/{collection}/{first two digits}/{sha256}</c>, and unfinished ones under <c>{root}/.staging</c>, on the same
/// file system so that the rename is atomic. A file under its name is always whole.
/// </summary>
internal sealed class FileBlobStore : IBlobStore
{
    private const int BufferSize = 128 * 1024;

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

    public async Task<IStagedBlob> StageAsync(CollectionId collection, Stream content, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        var path = Path.Combine(_staging, Guid.NewGuid().ToString("N"));
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            DurableFiles.CreateDirectory(_staging);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            long size = 0;
            await using (var file = new FileStream(path, NewFile()))
            {
                int read;
                while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
                {
                    size += read;
                    if (size > _maxBytes)
                    {
                        throw new RagException(
                            "file-too-large",
                            $"The file is larger than {_maxBytes / (1024 * 1024)} MiB, the most that is accepted here (Rag:Blobs:MaxFileMiB). Split it.");
                    }

                    hash.AppendData(buffer, 0, read);
                    await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                }

                file.Flush(flushToDisk: true);
            }

            return new StagedFile(this, collection, path, hash.GetHashAndReset(), size);
        }
        catch (IOException e) when (DurableFiles.IsDiskFull(e))
        {
            File.Delete(path);
            throw Full(e);
        }
        catch
        {
            File.Delete(path);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
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
            return Task.FromResult<Stream?>(null);
        }
    }

    public Task<bool> ExistsAsync(CollectionId collection, ReadOnlyMemory<byte> sha256, CancellationToken cancellationToken) =>
        Task.FromResult(File.Exists(PathOf(collection, sha256)));

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

        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<BlobEntry> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        if (!Directory.Exists(_root))
        {
            yield break;
        }

        foreach (var folder in Directory.EnumerateDirectories(_root))
        {
            if (!Guid.TryParseExact(Path.GetFileName(folder), "D", out var collection))
            {
                continue;
            }

            foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (file.Name.Length == 2 * SHA256.HashSizeInBytes && file.Exists)
                {
                    yield return new BlobEntry(
                        new CollectionId(collection),
                        Convert.FromHexString(file.Name),
                        file.Length,
                        new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero));
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

    private static FileStreamOptions NewFile()
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Options = FileOptions.Asynchronous,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            // Originals are nobody else's business on this machine; the group is for a worker under another account.
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        }

        return options;
    }

    private static RagException Full(IOException cause) => new(
        "disk-full", "The disk that holds the originals is full. Make room on it (Rag:Blobs:Path) and send the file again.", isTransient: true, cause);

    private string PathOf(CollectionId collection, ReadOnlyMemory<byte> sha256)
    {
        var name = Convert.ToHexStringLower(sha256.Span);
        return Path.Combine(_root, collection.ToString(), name[..2], name);
    }

    private sealed class StagedFile(FileBlobStore store, CollectionId collection, string path, byte[] sha256, long size) : IStagedBlob
    {
        public ReadOnlyMemory<byte> Sha256 { get; } = sha256;

        public long SizeBytes { get; } = size;

        public async Task CommitAsync(CancellationToken cancellationToken)
        {
            // Renaming and flushing block for the time of a disk write; there is no asynchronous form of either.
            await Task.CompletedTask;
            cancellationToken.ThrowIfCancellationRequested();
            var target = store.PathOf(collection, Sha256);
            var folder = Path.GetDirectoryName(target)!;
            try
            {
                // A transaction that is repeated commits again: then the file has moved already.
                if (File.Exists(path))
                {
                    Move(target, folder);
                }
                else if (!File.Exists(target))
                {
                    throw new InvalidOperationException("The staged file was disposed before its commit.");
                }

                DurableFiles.FlushDirectory(folder);
            }
            catch (IOException e) when (DurableFiles.IsDiskFull(e))
            {
                throw Full(e);
            }
        }

        public ValueTask DisposeAsync()
        {
            File.Delete(path);
            return ValueTask.CompletedTask;
        }

        private void Move(string target, string folder)
        {
            for (var attempt = 1; ; attempt++)
            {
                DurableFiles.CreateDirectory(folder);
                try
                {
                    File.Move(path, target, overwrite: true);
                    return;
                }
                catch (DirectoryNotFoundException) when (attempt < 3)
                {
                    // The sweeper removed the empty folder between the two lines.
                }
            }
        }
    }
}
