using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Rag.Core.Blobs;
using Rag.Core.Documents;
using Rag.Testing;

namespace Rag.Core.Tests.Blobs;

public sealed class FileBlobStoreTests(PostgresFixture postgres) : BlobConformance(postgres), IClassFixture<PostgresFixture>
{
    private readonly string _root = Directory.CreateTempSubdirectory("rag-test-blobs-").FullName;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_root, recursive: true);
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
        await AwayAsync(() => store.StageAsync(Collection, new MemoryStream([1]), default));
        // A share that is not mounted: the original may well be there when it is.
        await AwayAsync(() => store.OpenAsync(Collection, new byte[32], default));
        await AwayAsync(() => store.ExistsAsync(Collection, new byte[32], default));
    }

    [Fact]
    public async Task A_store_whose_folder_for_unfinished_files_is_gone_is_not_well()
    {
        await using var staged = await StageAsync([1]);
        await CommitAsync(staged);
        Directory.Delete(Path.Combine(_root, ".staging"), recursive: true);

        Assert.Contains("Rag:Blobs:Path", await Store.CheckAsync(default), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_original_that_cannot_be_read_is_not_taken_for_one_that_is_missing()
    {
        // A folder where the file should be is refused by the system like a file without the right to read it, also to root.
        var sha256 = SHA256.HashData([1]);
        var name = Convert.ToHexStringLower(sha256);
        Directory.CreateDirectory(Path.Combine(_root, Collection.ToString(), name[..2], name));

        await AwayAsync(() => Store.OpenAsync(Collection, sha256, default));
        await AwayAsync(() => Store.DeleteAsync(Collection, sha256, default));
    }

    [Fact]
    public async Task Foreign_files_in_the_folder_are_passed_over()
    {
        await using var staged = await StageAsync([1]);
        await CommitAsync(staged);
        var folder = Directory.CreateDirectory(Path.Combine(_root, Collection.ToString(), "no"));
        foreach (var name in new[] { new string('z', 64), new string('a', 63), new string('a', 66), "notes.txt" })
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, name), "x");
        }

        Assert.Equal(staged.Sha256, Assert.Single(await Store.ListAsync(default).ToListAsync()).Sha256.ToArray());
    }

    [Fact]
    public async Task Collections_are_found_by_what_is_left_of_them_once_it_is_old()
    {
        var empty = CollectionId.New();
        Directory.CreateDirectory(Path.Combine(_root, empty.ToString(), "00"));
        Directory.CreateDirectory(Path.Combine(_root, "lost+found"));
        await using var staged = await StageAsync([1]);
        await CommitAsync(staged);

        Assert.Equal(
            new[] { empty, Collection }.Order(Comparer<CollectionId>.Create((a, b) => a.Value.CompareTo(b.Value))),
            (await Store.ListCollectionsAsync(DateTimeOffset.UtcNow.AddMinutes(1), default)).OrderBy(id => id.Value));
        Assert.Empty(await Store.ListCollectionsAsync(DateTimeOffset.UtcNow.AddHours(-1), default));
    }

    [TinyDiskFact]
    public async Task On_a_disk_that_is_full_nothing_is_accepted_nothing_is_left_and_it_goes_on_when_there_is_room()
    {
        await using var disk = await TinyDisk.MountAsync(megabytes: 1);
        var store = new FileBlobStore(Options.Create(new BlobOptions { Path = Path.Combine(disk.Path, "blobs") }), TimeProvider.System);
        await using (var kept = await store.StageAsync(Collection, new MemoryStream(new byte[300_000]), default))
        {
            await CommitAsync(kept);
        }

        var problem = await Assert.ThrowsAsync<RagException>(() => store.StageAsync(Collection, new MemoryStream(new byte[2_000_000]), default));

        Assert.Equal(("disk-full", true), (problem.Code, problem.IsTransient));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(disk.Path, "blobs", ".staging")));
        Assert.Equal(300_000, Assert.Single(await store.ListAsync(default).ToListAsync()).SizeBytes);
        await using var next = await store.StageAsync(Collection, new MemoryStream(new byte[300_001]), default);
        await CommitAsync(next);
        Assert.True(await store.ExistsAsync(Collection, next.Sha256, default));
    }

    private static async Task AwayAsync(Func<Task> call)
    {
        var problem = await Assert.ThrowsAsync<RagException>(call);
        Assert.Equal(("blobs-away", true), (problem.Code, problem.IsTransient));
        Assert.Contains("Rag:Blobs:Path", problem.Message, StringComparison.Ordinal);
    }

    private protected override IBlobStore Create() =>
        new FileBlobStore(Options.Create(new BlobOptions { Path = _root, MaxFileMiB = MaxFileMiB }), TimeProvider.System);

    private protected override Task CutAsync(ReadOnlyMemory<byte> sha256) => ChangeAsync(sha256, static bytes => bytes[..^100]);

    private protected override Task FlipAsync(ReadOnlyMemory<byte> sha256) => ChangeAsync(sha256, static bytes =>
    {
        bytes[7] ^= 1;
        return bytes;
    });

    private async Task ChangeAsync(ReadOnlyMemory<byte> sha256, Func<byte[], byte[]> change)
    {
        var name = Convert.ToHexStringLower(sha256.Span);
        var path = Path.Combine(_root, Collection.ToString(), name[..2], name);
        await File.WriteAllBytesAsync(path, change(await File.ReadAllBytesAsync(path)));
    }

    private protected override Task<long> LeftAsync() => Task.FromResult((long)Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories).Count());
}
