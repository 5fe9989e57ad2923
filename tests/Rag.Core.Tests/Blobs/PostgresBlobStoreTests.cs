using Microsoft.Extensions.Options;
using Rag.Core.Blobs;
using Rag.Core.Storage;
using Rag.Testing;

namespace Rag.Core.Tests.Blobs;

public sealed class PostgresBlobStoreTests(PostgresFixture postgres) : BlobConformance(postgres), IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task Content_is_held_in_parts()
    {
        await using var staged = await StageAsync(new byte[2 * 1024 * 1024]);
        await CommitAsync(staged);

        Assert.Equal(4, await Engine.ScalarAsync<long>("select count(*) from blob_parts"));
        Assert.Equal(512 * 1024, await Engine.ScalarAsync<int>("select max(length(data)) from blob_parts"));
    }

    private protected override IBlobStore Create() => new PostgresBlobStore(Engine.Get<Database>(), Options.Create(new BlobOptions { MaxFileMiB = MaxFileMiB }));

    private protected override async Task<long> LeftAsync() =>
        await Engine.ScalarAsync<long>("select (select count(*) from blob_uploads u where not exists (select 1 from blob_contents c where c.upload_id = u.id))");
}
