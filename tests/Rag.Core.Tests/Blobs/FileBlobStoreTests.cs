using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Rag.Core.Blobs;
using Rag.Core.Documents;
using Rag.Testing;

namespace Rag.Core.Tests.Blobs;

public sealed class FileBlobStoreTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("rag-test-blobs-").FullName;
    private readonly CollectionId _collection = CollectionId.New();
    private readonly FileBlobStore _store;

    public FileBlobStoreTests() => _store = new FileBlobStore(Options.Create(new BlobOptions { Path = _root, MaxFileMiB = 1 }), TimeProvider.System);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Content_comes_back_as_it_was_and_can_be_read_from_any_place()
    {
        var content = RandomNumberGenerator.GetBytes(300_000);
        await using var staged = await _store.StageAsync(_collection, new MemoryStream(content), CancellationToken.None);
        Assert.Equal(SHA256.HashData(content), staged.Sha256.ToArray());
        Assert.Equal(content.Length, staged.SizeBytes);
        await staged.CommitAsync(CancellationToken.None);

        await using var stream = (await _store.OpenAsync(_collection, staged.Sha256, CancellationToken.None))!;
        stream.Position = 200_000;
        var rest = new byte[100_000];
        await stream.ReadExactlyAsync(rest);
        Assert.Equal(content[200_000..], rest);
    }

    [Fact]
    public async Task What_is_not_committed_is_not_there_and_leaves_nothing()
    {
        await using (var staged = await StageAsync([1, 2, 3]))
        {
            Assert.False(await _store.ExistsAsync(_collection, staged.Sha256, CancellationToken.None));
            Assert.Null(await _store.OpenAsync(_collection, staged.Sha256, CancellationToken.None));
        }

        Assert.Empty(Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_sender_who_breaks_off_leaves_nothing()
    {
        await Assert.ThrowsAsync<IOException>(() => _store.StageAsync(_collection, new BrokenStream(), CancellationToken.None));

        Assert.Empty(Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task The_same_content_may_be_written_at_once_and_a_commit_may_be_repeated()
    {
        byte[] content = [.. Enumerable.Range(0, 100_000).Select(i => (byte)i)];
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            await using var staged = await StageAsync(content);
            await staged.CommitAsync(CancellationToken.None);
            await staged.CommitAsync(CancellationToken.None);
        }));

        var entry = Assert.Single(await _store.ListAsync(CancellationToken.None).ToListAsync());
        Assert.Equal((_collection, 100_000L), (entry.Collection, entry.SizeBytes));
        Assert.Equal(SHA256.HashData(content), entry.Sha256.ToArray());
    }

    [Fact]
    public async Task An_open_original_stays_readable_when_it_is_removed()
    {
        await using var staged = await StageAsync([7, 8, 9]);
        await staged.CommitAsync(CancellationToken.None);
        await using var stream = (await _store.OpenAsync(_collection, staged.Sha256, CancellationToken.None))!;

        await _store.DeleteAsync(_collection, staged.Sha256, CancellationToken.None);
        await _store.DeleteAsync(_collection, staged.Sha256, CancellationToken.None);

        Assert.Equal(7, stream.ReadByte());
        Assert.Null(await _store.OpenAsync(_collection, staged.Sha256, CancellationToken.None));
    }

    [Fact]
    public async Task Leftovers_go_when_they_are_old()
    {
        await using var staged = await StageAsync([1]);

        Assert.Equal(0, await _store.RemoveLeftoversAsync(TimeSpan.FromHours(1), CancellationToken.None));
        Assert.Equal(1, await _store.RemoveLeftoversAsync(TimeSpan.FromSeconds(-1), CancellationToken.None));
    }

    [Theory]
    [InlineData(28, true)]
    [InlineData(2, false)]
    public void A_full_disk_is_told_apart(int error, bool isFull)
    {
        // ENOSPC and ENOENT; Windows has numbers of its own.
        Assert.Equal(isFull && !OperatingSystem.IsWindows(), DurableFiles.IsDiskFull(new IOException("x", error)));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_used_is_a_passing_failure_in_words()
    {
        var file = Path.Combine(_root, "no folder");
        await File.WriteAllTextAsync(file, "");
        var store = new FileBlobStore(Options.Create(new BlobOptions { Path = file }), TimeProvider.System);
        await AwayAsync(() => store.StageAsync(_collection, new MemoryStream([1]), CancellationToken.None));
        // A share that is not mounted: the original may well be there when it is.
        await AwayAsync(() => store.OpenAsync(_collection, new byte[32], CancellationToken.None));
        await AwayAsync(() => store.ExistsAsync(_collection, new byte[32], CancellationToken.None));
    }

    [Fact]
    public async Task An_original_that_cannot_be_read_is_not_taken_for_one_that_is_missing()
    {
        // A folder where the file should be is refused by the system like a file without the right to read it, also to root.
        var sha256 = SHA256.HashData([1]);
        var name = Convert.ToHexStringLower(sha256);
        Directory.CreateDirectory(Path.Combine(_root, _collection.ToString(), name[..2], name));

        await AwayAsync(() => _store.OpenAsync(_collection, sha256, CancellationToken.None));
        await AwayAsync(() => _store.DeleteAsync(_collection, sha256, CancellationToken.None));
    }

    [Fact]
    public async Task Foreign_files_in_the_folder_are_passed_over()
    {
        await using var staged = await StageAsync([1]);
        await staged.CommitAsync(CancellationToken.None);
        var folder = Directory.CreateDirectory(Path.Combine(_root, _collection.ToString(), "no"));
        foreach (var name in new[] { new string('z', 64), new string('a', 63), new string('a', 66), "notes.txt" })
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, name), "x");
        }

        Assert.Equal(staged.Sha256, Assert.Single(await _store.ListAsync(CancellationToken.None).ToListAsync()).Sha256.ToArray());
    }

    [Fact]
    public async Task Collections_are_found_by_what_is_left_of_them_once_it_is_old()
    {
        var empty = CollectionId.New();
        Directory.CreateDirectory(Path.Combine(_root, empty.ToString(), "00"));
        Directory.CreateDirectory(Path.Combine(_root, "lost+found"));
        await using var staged = await StageAsync([1]);
        await staged.CommitAsync(CancellationToken.None);

        Assert.Equal(
            new[] { empty, _collection }.Order(Comparer<CollectionId>.Create((a, b) => a.Value.CompareTo(b.Value))),
            (await _store.ListCollectionsAsync(DateTimeOffset.UtcNow.AddMinutes(1), CancellationToken.None)).OrderBy(id => id.Value));
        Assert.Empty(await _store.ListCollectionsAsync(DateTimeOffset.UtcNow.AddHours(-1), CancellationToken.None));
    }

    [TinyDiskFact]
    public async Task On_a_disk_that_is_full_nothing_is_accepted_nothing_is_left_and_it_goes_on_when_there_is_room()
    {
        await using var disk = await TinyDisk.MountAsync(megabytes: 1);
        var store = new FileBlobStore(Options.Create(new BlobOptions { Path = Path.Combine(disk.Path, "blobs") }), TimeProvider.System);
        await using (var kept = await store.StageAsync(_collection, new MemoryStream(new byte[300_000]), CancellationToken.None))
        {
            await kept.CommitAsync(CancellationToken.None);
        }

        var problem = await Assert.ThrowsAsync<RagException>(() => store.StageAsync(_collection, new MemoryStream(new byte[2_000_000]), CancellationToken.None));

        Assert.Equal(("disk-full", true), (problem.Code, problem.IsTransient));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(disk.Path, "blobs", ".staging")));
        Assert.Equal(300_000, Assert.Single(await store.ListAsync(CancellationToken.None).ToListAsync()).SizeBytes);
        await using var next = await store.StageAsync(_collection, new MemoryStream(new byte[300_001]), CancellationToken.None);
        await next.CommitAsync(CancellationToken.None);
        Assert.True(await store.ExistsAsync(_collection, next.Sha256, CancellationToken.None));
    }

    private static async Task AwayAsync(Func<Task> call)
    {
        var problem = await Assert.ThrowsAsync<RagException>(call);
        Assert.Equal(("blobs-away", true), (problem.Code, problem.IsTransient));
        Assert.Contains("Rag:Blobs:Path", problem.Message, StringComparison.Ordinal);
    }

    private Task<IStagedBlob> StageAsync(byte[] content) => _store.StageAsync(_collection, new MemoryStream(content), CancellationToken.None);

    private sealed class BrokenStream : MemoryStream
    {
        private int _reads;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_reads++ == 3)
            {
                throw new IOException("The client went away.");
            }

            buffer.Span[..100].Fill(1);
            return ValueTask.FromResult(100);
        }
    }
}
