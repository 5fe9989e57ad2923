using Rag.Core.Chunking;
using Rag.Core.Documents;
using Rag.Core.Jobs;
using Rag.Core.Tests.Storage;
using Rag.Testing;

namespace Rag.Core.Tests.Documents;

[Collection(PostgresCollection.Name)]
public sealed class ListingTests(PostgresFixture postgres) : IAsyncLifetime
{
    private TestEngine _engine = null!;

    public async Task InitializeAsync() => _engine = await TestEngine.StartAsync(postgres);

    public async Task DisposeAsync() => await _engine.DisposeAsync();

    [Fact]
    public async Task Pages_show_every_document_once_newest_first()
    {
        var collection = await _engine.CreateCollectionAsync();
        for (var i = 0; i < 7; i++)
        {
            await _engine.SubmitAsync(collection, $"text {i}", name: $"{i}.txt");
        }

        // The same moment: the id decides.
        await _engine.ExecuteAsync("update documents set created = '2024-01-01' where name in ('2.txt', '3.txt', '4.txt')");
        var names = new List<string>();
        string? cursor = null;
        do
        {
            var page = await _engine.Documents.ListAsync(collection.Id, new DocumentQuery { Limit = 2, Cursor = cursor }, CancellationToken.None);
            names.AddRange(page.Items.Select(item => item.Name));
            cursor = page.NextCursor;
        }
        while (cursor is not null);

        Assert.Equal(["6.txt", "5.txt", "1.txt", "0.txt", "4.txt", "3.txt", "2.txt"], names);
    }

    [Fact]
    public async Task Status_and_part_of_a_name_select()
    {
        var collection = await _engine.CreateCollectionAsync();
        await _engine.SubmitAsync(collection, "a", name: "Report 100%.txt");
        await _engine.SubmitAsync(collection, "b", name: "Report 1000.txt");
        await _engine.SubmitAsync(collection, "c", name: "other.txt", title: "Annual REPORT");

        async Task<int> CountAsync(DocumentQuery query) => (await _engine.Documents.ListAsync(collection.Id, query, CancellationToken.None)).Items.Count;
        Assert.Equal(3, await CountAsync(new DocumentQuery { Text = "report" }));
        Assert.Equal(1, await CountAsync(new DocumentQuery { Text = "100%" }));
        Assert.Equal(0, await CountAsync(new DocumentQuery { Text = "100_" }));
        Assert.Equal(3, await CountAsync(new DocumentQuery { Status = DocumentStatus.Queued }));
        Assert.Equal(0, await CountAsync(new DocumentQuery { Status = DocumentStatus.Ready }));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("////////////////////////////////")]
    [InlineData("_____________________wAAAAAAAAAA")]
    public async Task A_foreign_cursor_is_refused(string cursor)
    {
        var collection = await _engine.CreateCollectionAsync();

        var refused = await Assert.ThrowsAsync<RagException>(
            () => _engine.Documents.ListAsync(collection.Id, new DocumentQuery { Cursor = cursor }, CancellationToken.None));

        Assert.Equal("invalid-cursor", refused.Code);
    }

    [Fact]
    public async Task Collections_are_made_renamed_counted_and_removed_with_their_originals()
    {
        var collection = await _engine.CreateCollectionAsync("manuals");
        Assert.Equal("collection-exists", (await Assert.ThrowsAsync<RagException>(() => _engine.CreateCollectionAsync("manuals"))).Code);
        Assert.Equal("invalid-name", (await Assert.ThrowsAsync<RagException>(() => _engine.CreateCollectionAsync("Manuals\n"))).Code);
        await _engine.SubmitAsync(collection, "12345");

        var renamed = await _engine.Collections.UpdateAsync(collection.Id, new CollectionPatch { Name = "handbook", Description = "d" }, CancellationToken.None);
        Assert.Equal(("handbook", collection.Id, "d"), (renamed.Name, renamed.Id, renamed.Description));
        Assert.Equal(collection.Settings, renamed.Settings);
        Assert.Null(await _engine.Collections.FindAsync("manuals", CancellationToken.None));
        var overview = await _engine.Collections.DescribeAsync(renamed, CancellationToken.None);
        Assert.Equal((1L, 1L, 0L, 5L), (overview.Documents.Total, overview.Documents.Queued, overview.Documents.Ready, overview.SizeBytes));

        Assert.True(await _engine.Collections.DeleteAsync(collection.Id, CancellationToken.None));
        Assert.False(await _engine.Collections.DeleteAsync(collection.Id, CancellationToken.None));
        await _engine.Get<Sweeper>().SweepAsync(new SweepAges(), includeFiles: false, CancellationToken.None);
        Assert.Empty(Directory.EnumerateFiles(_engine.BlobPath, "*", SearchOption.AllDirectories));
        Assert.Equal("collection-not-found", (await Assert.ThrowsAsync<RagException>(() => _engine.Collections.GetAsync("handbook", CancellationToken.None))).Code);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(61)]
    [InlineData(int.MaxValue)]
    [InlineData(30_000_000)] // its hundredfold does not fit into 32 bits
    public async Task An_overlap_beyond_15_percent_is_refused(int overlap)
    {
        var settings = new CollectionSettings { Chunking = new ChunkingSettings { TargetTokens = 400, OverlapTokens = overlap } };
        Assert.Equal("invalid-request", (await Assert.ThrowsAsync<RagException>(() => _engine.CreateCollectionAsync(settings: settings))).Code);
    }

    [Fact]
    public async Task A_list_shows_only_the_collections_that_the_caller_may_see()
    {
        var one = await _engine.CreateCollectionAsync("one");
        await _engine.CreateCollectionAsync("two");

        var page = await _engine.Collections.ListAsync([one.Id], 50, null, CancellationToken.None);

        Assert.Equal(one.Id, Assert.Single(page.Items).Collection.Id);
        Assert.Empty((await _engine.Collections.ListAsync([], 50, null, CancellationToken.None)).Items);
        Assert.Equal(2, (await _engine.Collections.ListAsync(null, 50, null, CancellationToken.None)).Items.Count);
    }
}
