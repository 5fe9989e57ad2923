using System.Security.Cryptography;
using Rag.Core.Blobs;
using Rag.Core.Documents;
using Rag.Testing;

namespace Rag.Core.Tests.Blobs;

/// <summary>What every store of originals must do.</summary>
public abstract class BlobConformance(PostgresFixture postgres) : IAsyncLifetime
{
    private protected const int MaxFileMiB = 3;

    private protected CollectionId Collection { get; } = CollectionId.New();

    private protected IBlobStore Store { get; private set; } = null!;

    private protected TestEngine Engine { get; private set; } = null!;

    public virtual async Task InitializeAsync()
    {
        Engine = await TestEngine.StartAsync(postgres);
        Store = Create();
    }

    public virtual async Task DisposeAsync() => await Engine.DisposeAsync();

    [Fact]
    public async Task Content_comes_back_as_it_was_and_can_be_read_from_any_place()
    {
        // Longer than any buffer or part, and no multiple of one.
        var content = RandomNumberGenerator.GetBytes(2_345_678);
        await using var staged = await StageAsync(content);
        Assert.Equal(SHA256.HashData(content), staged.Sha256.ToArray());
        Assert.Equal(content.Length, staged.SizeBytes);
        await CommitAsync(staged);

        await using var stream = (await Store.OpenAsync(Collection, staged.Sha256, default))!;
        Assert.Equal(content.Length, stream.Length);
        Assert.Equal(content, await ReadAsync(stream));
        stream.Seek(-100_000, SeekOrigin.End);
        Assert.Equal(content[^100_000..], await ReadAsync(stream));
        stream.Position = 1_000_000;
        var some = new byte[10];
        stream.ReadExactly(some);
        Assert.Equal(content[1_000_000..1_000_010], some);
        Assert.Equal(0, await stream.ReadAsync(Array.Empty<byte>()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(512 * 1024)]
    [InlineData(1024 * 1024)]
    public async Task Every_length_is_kept(int length)
    {
        var content = RandomNumberGenerator.GetBytes(length);
        await using var staged = await StageAsync(content);
        await CommitAsync(staged);

        await using var stream = (await Store.OpenAsync(Collection, staged.Sha256, default))!;
        Assert.Equal(content, await ReadAsync(stream));
        Assert.Equal(length, Assert.Single(await Store.ListAsync(default).ToListAsync()).SizeBytes);
    }

    [Fact]
    public async Task A_store_that_works_is_well_before_and_after_its_first_original()
    {
        Assert.Null(await Store.CheckAsync(default));
        await using var staged = await StageAsync([1]);
        await CommitAsync(staged);
        Assert.Null(await Store.CheckAsync(default));
    }

    [Fact]
    public async Task A_store_is_the_first_installation_s_that_asks_once_there_is_anything()
    {
        var (mine, theirs) = (Guid.NewGuid(), Guid.NewGuid());
        Assert.True(await Store.BelongsToAsync(theirs, default));
        await using var staged = await StageAsync([1]);
        await CommitAsync(staged);

        Assert.True(await Store.BelongsToAsync(mine, default));
        Assert.True(await Store.BelongsToAsync(mine, default));
        Assert.Equal(IsShareable, !await Store.BelongsToAsync(theirs, default));
        Assert.Equal(staged.Sha256, Assert.Single(await Store.ListAsync(default).ToListAsync()).Sha256.ToArray());
        Assert.Equal([Collection], await Store.ListCollectionsAsync(DateTimeOffset.UtcNow.AddMinutes(1), default));
    }

    [Fact]
    public async Task What_is_not_committed_is_not_there_and_leaves_nothing()
    {
        await using (var staged = await StageAsync([1, 2, 3]))
        {
            Assert.False(await Store.ExistsAsync(Collection, staged.Sha256, default));
            Assert.Null(await Store.OpenAsync(Collection, staged.Sha256, default));
        }

        Assert.Equal(0, await LeftAsync());
    }

    [Fact]
    public async Task A_transaction_that_is_rolled_back_may_be_repeated()
    {
        await using var staged = await StageAsync([4, 5, 6]);
        await using (var connection = await Engine.Source.OpenConnectionAsync())
        {
            await using var transaction = await connection.BeginTransactionAsync();
            await staged.CommitAsync(connection, isDamaged: false, default);
            await transaction.RollbackAsync();
        }

        await CommitAsync(staged);

        Assert.True(await Store.ExistsAsync(Collection, staged.Sha256, default));
    }

    [Fact]
    public async Task A_sender_who_breaks_off_leaves_nothing()
    {
        await Assert.ThrowsAsync<IOException>(() => Store.StageAsync(Collection, new BrokenStream(), default));

        Assert.Equal(0, await LeftAsync());
    }

    [Fact]
    public async Task A_file_over_the_limit_is_refused_as_soon_as_it_is_over_and_leaves_nothing()
    {
        var endless = new EndlessStream();

        var problem = await Assert.ThrowsAsync<RagException>(() => Store.StageAsync(Collection, endless, default));

        Assert.Equal("file-too-large", problem.Code);
        Assert.Contains($"{MaxFileMiB} MiB", problem.Message, StringComparison.Ordinal);
        Assert.InRange(endless.Given, MaxFileMiB * 1024 * 1024, (MaxFileMiB + 1) * 1024 * 1024);
        Assert.Equal(0, await LeftAsync());
    }

    [Fact]
    public async Task The_same_content_may_be_written_at_once_and_a_commit_may_be_repeated()
    {
        byte[] content = [.. Enumerable.Range(0, 100_000).Select(static i => (byte)i)];
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            await using var staged = await StageAsync(content);
            await CommitAsync(staged);
            await CommitAsync(staged);
        }));

        var entry = Assert.Single(await Store.ListAsync(default).ToListAsync());
        Assert.Equal((Collection, 100_000L), (entry.Collection, entry.SizeBytes));
        Assert.Equal(SHA256.HashData(content), entry.Sha256.ToArray());
        await using var stream = (await Store.OpenAsync(Collection, entry.Sha256, default))!;
        Assert.Equal(content, await ReadAsync(stream));
    }

    [Fact]
    public async Task Collections_hold_the_same_content_apart()
    {
        var other = CollectionId.New();
        await using var mine = await StageAsync([1, 2]);
        await using var theirs = await Store.StageAsync(other, new MemoryStream([1, 2]), default);
        await CommitAsync(mine);
        await CommitAsync(theirs);

        await Store.DeleteCollectionAsync(other, default);

        Assert.True(await Store.ExistsAsync(Collection, mine.Sha256, default));
        Assert.False(await Store.ExistsAsync(other, mine.Sha256, default));
        await Store.DeleteCollectionAsync(other, default);
    }

    [Fact]
    public async Task An_open_original_stays_readable_when_it_is_removed()
    {
        var content = RandomNumberGenerator.GetBytes(1_200_000);
        await using var staged = await StageAsync(content);
        await CommitAsync(staged);
        await using var stream = (await Store.OpenAsync(Collection, staged.Sha256, default))!;
        Assert.Equal(content[0], stream.ReadByte());

        await Store.DeleteAsync(Collection, staged.Sha256, default);
        await Store.DeleteAsync(Collection, staged.Sha256, default);
        await Store.RemoveLeftoversAsync(TimeSpan.FromHours(1), default);

        Assert.Equal(content[1..], await ReadAsync(stream));
        Assert.Null(await Store.OpenAsync(Collection, staged.Sha256, default));
    }

    [Fact]
    public async Task Leftovers_go_when_they_are_old()
    {
        await using var staged = await StageAsync([1]);

        Assert.Equal(0, await Store.RemoveLeftoversAsync(TimeSpan.FromHours(1), default));
        Assert.Equal(1, await Store.RemoveLeftoversAsync(TimeSpan.FromSeconds(-1), default));
    }

    [Fact]
    public async Task More_than_a_page_is_listed_and_old_collections_are_found()
    {
        for (var i = 0; i < MoreThanAPage; i++)
        {
            await using var staged = await StageAsync(BitConverter.GetBytes(i));
            await CommitAsync(staged);
        }

        var entries = await Store.ListAsync(default).ToListAsync();
        Assert.Equal(MoreThanAPage, entries.Select(static e => Convert.ToHexString(e.Sha256.Span)).Distinct().Count());
        Assert.Equal([Collection], await Store.ListCollectionsAsync(DateTimeOffset.UtcNow.AddMinutes(1), default));
        Assert.Empty(await Store.ListCollectionsAsync(DateTimeOffset.UtcNow.AddHours(-1), default));
    }

    [Fact]
    public async Task What_is_held_is_measured_in_the_order_of_the_question()
    {
        await using var large = await StageAsync(new byte[1_200_000]);
        await using var empty = await StageAsync([]);
        await CommitAsync(large);
        await CommitAsync(empty);

        var held = await Store.MeasureAsync(
            [new(Collection, empty.Sha256), new(CollectionId.New(), large.Sha256), new(Collection, large.Sha256), new(Collection, new byte[32])], default);

        Assert.Equal([0, null, 1_200_000, null], held);
        Assert.Empty(await Store.MeasureAsync([], default));
    }

    [Fact]
    public async Task Content_that_lost_its_end_measures_less_and_is_replaced_by_the_next_commit()
    {
        var content = RandomNumberGenerator.GetBytes(1_200_000);
        await using (var staged = await StageAsync(content))
        {
            await CommitAsync(staged);
            await CutAsync(staged.Sha256);
            Assert.InRange((await Store.MeasureAsync([new(Collection, staged.Sha256)], default))[0]!.Value, 1, 1_199_999);
        }

        await using var again = await StageAsync(content);
        await CommitAsync(again);

        Assert.Equal(content.Length, (await Store.MeasureAsync([new(Collection, again.Sha256)], default))[0]);
        await using var stream = (await Store.OpenAsync(Collection, again.Sha256, default))!;
        Assert.Equal(content, await ReadAsync(stream));
    }

    [Fact]
    public async Task Content_that_is_known_to_be_damaged_is_replaced()
    {
        var content = RandomNumberGenerator.GetBytes(1_200_000);
        await using (var staged = await StageAsync(content))
        {
            await CommitAsync(staged);
            await FlipAsync(staged.Sha256);
        }

        await using var again = await StageAsync(content);
        await CommitAsync(again, isDamaged: true);

        await using var stream = (await Store.OpenAsync(Collection, again.Sha256, default))!;
        Assert.Equal(content, await ReadAsync(stream));
    }

    /// <summary>Originals that it takes more than one answer to list.</summary>
    private protected virtual int MoreThanAPage => 501;

    /// <summary>Whether two installations could have it in common.</summary>
    private protected virtual bool IsShareable => true;

    private protected abstract IBlobStore Create();

    /// <summary>Takes something off the end of a committed original.</summary>
    private protected abstract Task CutAsync(ReadOnlyMemory<byte> sha256);

    /// <summary>Changes a byte of a committed original.</summary>
    private protected abstract Task FlipAsync(ReadOnlyMemory<byte> sha256);

    /// <summary>How many pieces there are that no original is made of.</summary>
    private protected abstract Task<long> LeftAsync();

    private protected Task<IStagedBlob> StageAsync(byte[] content) => Store.StageAsync(Collection, new MemoryStream(content), default);

    private protected async Task CommitAsync(IStagedBlob staged, bool isDamaged = false)
    {
        await using var connection = await Engine.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await staged.CommitAsync(connection, isDamaged, default);
        await transaction.CommitAsync();
    }

    private protected static async Task<byte[]> ReadAsync(Stream stream)
    {
        await using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }

    private sealed class EndlessStream : MemoryStream
    {
        public long Given { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = Math.Min(buffer.Length, 64 * 1024);
            Given += count;
            return ValueTask.FromResult(count);
        }
    }

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
