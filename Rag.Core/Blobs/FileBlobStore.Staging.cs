using System.Buffers;
using System.Security.Cryptography;
using Npgsql;
using Rag.Core.Documents;

namespace Rag.Core.Blobs;

internal sealed partial class FileBlobStore
{
    public async Task<IStagedBlob> StageAsync(CollectionId collection, Stream content, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        var path = Path.Combine(_staging, Guid.NewGuid().ToString("N"));
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            long size = 0;
            await using (var file = Create(path))
            {
                int read;
                while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
                {
                    size += read;
                    if (size > _maxBytes)
                    {
                        throw StoreFault.TooLarge(_maxBytes);
                    }

                    hash.AppendData(buffer, 0, read);
                    await WriteAsync(file, buffer.AsMemory(0, read), cancellationToken);
                }

                Flush(file);
            }

            return new StagedFile(this, collection, path, hash.GetHashAndReset(), size);
        }
        catch
        {
            Remove(path);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
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

    private FileStream Create(string path)
    {
        try
        {
            DurableFiles.CreateDirectory(_staging);
            return new FileStream(path, NewFile());
        }
        catch (Exception e) when (StoreFault.Is(e))
        {
            throw StoreFault.From(e);
        }
    }

    // Apart from reading, so that a sender who breaks off is not taken for a disk that fails.
    private static async ValueTask WriteAsync(FileStream file, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await file.WriteAsync(bytes, cancellationToken);
        }
        catch (Exception e) when (StoreFault.Is(e))
        {
            throw StoreFault.From(e);
        }
    }

    private static void Flush(FileStream file)
    {
        try
        {
            file.Flush(flushToDisk: true);
        }
        catch (Exception e) when (StoreFault.Is(e))
        {
            throw StoreFault.From(e);
        }
    }

    /// <summary>Removes an unfinished file; one that cannot be removed now goes with the leftovers.</summary>
    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (StoreFault.Is(e))
        {
            // What failed before is what the caller must hear of.
        }
    }

    private sealed class StagedFile(FileBlobStore store, CollectionId collection, string path, byte[] sha256, long size) : IStagedBlob
    {
        public ReadOnlyMemory<byte> Sha256 { get; } = sha256;

        public long SizeBytes { get; } = size;

        public async Task CommitAsync(NpgsqlConnection transaction, bool isDamaged, CancellationToken cancellationToken)
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
            catch (Exception e) when (StoreFault.Is(e))
            {
                throw StoreFault.From(e);
            }
        }

        public ValueTask DisposeAsync()
        {
            Remove(path);
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
                    // Somebody tidied up the empty folder between the two lines.
                }
            }
        }
    }
}
