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

    [Fact]
    public async Task An_original_that_lost_a_part_is_damaged_and_not_away()
    {
        await using var staged = await StageAsync(new byte[1_200_000]);
        await CommitAsync(staged);
        await CutAsync(staged.Sha256);
        await using var stream = (await Store.OpenAsync(Collection, staged.Sha256, default))!;

        Assert.Equal("original-damaged", (await Assert.ThrowsAsync<RagException>(() => stream.CopyToAsync(Stream.Null))).Code);
    }

    [Fact]
    public async Task What_a_large_collection_leaves_goes_some_at_a_time()
    {
        await Engine.ExecuteAsync(
            """
            create table removals (count bigint);
            create function note_removal() returns trigger language plpgsql as $body$ begin insert into removals select count(*) from gone; return null; end $body$;
            create trigger note_removal after delete on blob_uploads referencing old table as gone for each statement execute function note_removal();
            insert into blob_uploads (id, touched) select gen_random_uuid(), now() - interval '1 day' from generate_series(1, 45);
            insert into blob_uploads (id) values (gen_random_uuid());
            """);

        Assert.Equal(45, await Store.RemoveLeftoversAsync(TimeSpan.FromHours(1), default));

        Assert.Equal(20, await Engine.ScalarAsync<long>("select max(count) from removals"));
        Assert.Equal(1, await LeftAsync());
    }

    private protected override bool IsShareable => false;

    private protected override IBlobStore Create() => new PostgresBlobStore(Engine.Get<Database>(), Options.Create(new BlobOptions { MaxFileMiB = MaxFileMiB }));

    private protected override Task CutAsync(ReadOnlyMemory<byte> sha256) => Engine.ExecuteAsync("delete from blob_parts where part = 2");

    private protected override Task FlipAsync(ReadOnlyMemory<byte> sha256) => Engine.ExecuteAsync("update blob_parts set data = set_byte(data, 7, get_byte(data, 7) # 1) where part = 1");

    private protected override async Task<long> LeftAsync() =>
        await Engine.ScalarAsync<long>("select (select count(*) from blob_uploads u where not exists (select 1 from blob_contents c where c.upload_id = u.id))");
}
