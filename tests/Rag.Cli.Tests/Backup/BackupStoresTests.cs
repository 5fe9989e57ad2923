using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Rag.Core.Indexing;
using Rag.Testing;
using static Rag.Cli.Tests.Backup.Installations;

namespace Rag.Cli.Tests.Backup;

/// <summary>Backup and restore where originals are in the database, between the stores, and beside an index outside of the database.</summary>
public sealed class BackupStoresTests : IClassFixture<PostgresFixture>, IDisposable
{
    // More than two parts, and no multiple of one.
    private static readonly byte[] Large = RandomNumberGenerator.GetBytes(1_300_000);

    private readonly TemporaryFolder _folder = new();
    private readonly PostgresFixture _postgres;
    private readonly Installations _installations;
    private readonly string _archive;

    public BackupStoresTests(PostgresFixture postgres)
    {
        _postgres = postgres;
        _installations = new Installations(postgres, _folder);
        _archive = Path.Combine(_folder.Path, "a.tar.gz");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Originals_in_the_database_come_back_into_the_database_without_naming_a_folder()
    {
        var source = await InDatabaseAsync();
        await RunAsync("2 originals", source, "backup", _archive);
        var target = await _installations.EmptyAsync();

        await RunAsync("Rag:Blobs:Provider=postgres", target.Connection, "restore", _archive);

        Assert.Equal([Original, Large], await StoredAsync(target.Connection));
        Assert.False(Directory.Exists(target.Blobs));
        Assert.Equal("524288", await ScalarAsync(target.Connection, "select max(length(data))::text from blob_parts"));
    }

    [Fact]
    public async Task Originals_move_from_the_database_into_a_folder_and_back()
    {
        var source = await InDatabaseAsync();
        await RunAsync("2 originals", source, "backup", _archive);
        var files = await _installations.EmptyAsync();
        await RunAsync("Rag:Blobs:Provider=files", files.Connection, "restore", _archive, "--blobs", files.Blobs);

        Assert.Equal("0", await ScalarAsync(files.Connection, "select count(*)::text from blob_parts"));
        Assert.Equal(Large, await File.ReadAllBytesAsync(PathOf(files.Blobs, Large)));
        // Without it the services would take the folder for one that is not mounted.
        Assert.True(Directory.Exists(Path.Combine(files.Blobs, ".staging")));

        var second = Path.Combine(_folder.Path, "b.tar.gz");
        await RunAsync("2 originals", files.Connection, "backup", second, "--blobs", files.Blobs);
        var back = await _installations.EmptyAsync();
        await RunAsync("Rag:Blobs:Provider=postgres", back.Connection, "restore", second, "--blobs-in-database");
        Assert.Equal([Original, Large], await StoredAsync(back.Connection));

        var both = await OnAsync(back.Connection, ["restore", second, "--blobs", files.Blobs, "--blobs-in-database"]);
        Assert.Equal(2, both.ExitCode);
    }

    [Fact]
    public async Task What_was_there_goes_with_its_parts_when_it_is_replaced()
    {
        var source = await InDatabaseAsync();
        await RunAsync("2 originals", source, "backup", _archive);

        await RunAsync("2 originals", source, "restore", _archive, "--replace", "--yes");

        Assert.Equal([Original, Large], await StoredAsync(source));
        Assert.Equal("2,4", await ScalarAsync(source, "select (select count(*) from blob_uploads) || ',' || (select count(*) from blob_parts)"));
    }

    [Theory]
    [InlineData("delete from blob_parts where part = 1")]
    [InlineData("update blob_parts set data = set_byte(data, 7, get_byte(data, 7) # 1) where part = 1")]
    [InlineData("delete from blob_contents where size_bytes > 1000")]
    public async Task An_original_in_the_database_that_is_damaged_or_gone_is_told_and_the_rest_is_kept(string damage)
    {
        var source = await InDatabaseAsync();
        await ExecuteAsync(source, damage);

        var run = await OnAsync(source, ["backup", _archive]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("1 originals are not in the database", run.Error, StringComparison.Ordinal);
        Assert.Contains("2 documents, 1 originals", run.Output, StringComparison.Ordinal);
        var target = await _installations.EmptyAsync();
        await RunAsync("1 originals", target.Connection, "restore", _archive);
        Assert.Equal([Original], await StoredAsync(target.Connection));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_restored_installation_has_the_folder_of_the_one_it_replaced_and_no_other_s(bool isOwn)
    {
        var source = await _installations.FilledAsync();
        Assert.Equal(0, (await OnAsync(source.Connection, ["backup", _archive, "--blobs", source.Blobs])).ExitCode);
        var target = await _installations.FilledAsync();
        var owner = Path.Combine(target.Blobs, ".owner");
        await File.WriteAllTextAsync(owner, isOwn ? await ScalarAsync(target.Connection, "select id::text from installation") : Guid.NewGuid().ToString());

        await RunAsync("1 documents", target.Connection, "restore", _archive, "--blobs", target.Blobs, "--replace", "--yes");

        Assert.Equal(await ScalarAsync(source.Connection, "select id::text from installation"), await ScalarAsync(target.Connection, "select id::text from installation"));
        Assert.Equal(isOwn, !File.Exists(owner));
    }

    [Fact]
    public async Task Books_of_an_index_do_not_travel_and_the_index_is_built_anew_where_the_archive_arrives()
    {
        var source = await _installations.FilledAsync();
        await ExecuteAsync(source.Connection, "update chunks set terms = ''");
        await using var qdrant = await QdrantServer.StartAsync();
        var before = await ProjectAsync(qdrant, source.Connection);
        Assert.Equal(1, await PointsAsync(qdrant, before));
        Assert.Equal(0, (await OnAsync(source.Connection, ["backup", _archive, "--blobs", source.Blobs])).ExitCode);

        // Elsewhere: another Qdrant, which holds nothing yet.
        await using var other = await QdrantServer.StartAsync();
        var target = await _installations.EmptyAsync();
        await RunAsync("1 documents", target.Connection, "restore", _archive, "--blobs", target.Blobs);
        Assert.Equal("0", await ScalarAsync(target.Connection, "select (select count(*) from index_versions) + (select count(*) from index_documents) || ''"));
        Assert.Equal(1, await PointsAsync(other, await ProjectAsync(other, target.Connection)));

        // Here: the collection that was searched until now is dropped, as nobody would look after it any more.
        var epoch = await ScalarAsync(source.Connection, "select epoch::text from index_projectors");
        await RunAsync("1 documents", source.Connection, "restore", _archive, "--blobs", source.Blobs, "--replace", "--yes");
        Assert.Equal(epoch, await ScalarAsync(source.Connection, "select epoch::text from index_projectors"));
        await ExecuteAsync(source.Connection, "update index_versions set retired = retired - interval '1 hour' where state = 'retired'");
        var after = await ProjectAsync(qdrant, source.Connection);
        Assert.NotEqual(before, after);
        Assert.Equal(1, await PointsAsync(qdrant, after));
        Assert.Equal(-1, await PointsAsync(qdrant, before));
    }

    private static async Task RunAsync(string says, string connection, params string[] arguments)
    {
        var run = await OnAsync(connection, arguments);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains(says, run.Output, StringComparison.Ordinal);
    }

    private static string PathOf(string root, byte[] content)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(content));
        return Path.Combine(root, Collection.ToString("D"), hash[..2], hash);
    }

    /// <summary>The originals by size, put together out of their parts.</summary>
    private static async Task<List<byte[]>> StoredAsync(string connection)
    {
        var found = await ScalarAsync(
            connection,
            """
            select string_agg(content, ',' order by size) from (
                select c.size_bytes as size, encode(string_agg(p.data, '' order by p.part), 'hex') as content
                from blob_contents c join blob_parts p on p.upload_id = c.upload_id
                join blobs b on b.collection_id = c.collection_id and b.sha256 = c.sha256 and b.size_bytes = c.size_bytes
                group by c.collection_id, c.sha256) o
            """);
        return [.. (found ?? "").Split(',').Select(Convert.FromHexString)];
    }

    /// <summary>Runs what writes the index until it is complete, and returns the name of its collection.</summary>
    private async Task<string> ProjectAsync(QdrantServer qdrant, string connection)
    {
        await using var engine = await TestEngine.StartAsync(
            _postgres,
            new Dictionary<string, string?>
            {
                ["ConnectionStrings:ragdb"] = connection,
                ["Rag:Index:Provider"] = "qdrant",
                ["ConnectionStrings:vectors_http"] = $"Endpoint={qdrant.Url};Key={qdrant.ApiKey}",
                ["Rag:Index:Qdrant:Prefix"] = qdrant.Prefix,
            },
            configure: (services, configuration) => services.AddRagIndexWriter(configuration));
        return (await Eventually.BecomesAsync(
            () => ScalarAsync(
                connection,
                """
                select max(v.name) from index_versions v join index_documents d on d.version_id = v.id
                where v.state = 'active' and not exists (select from index_versions where state = 'retired')
                """),
            name => name is not null))!;
    }

    /// <summary>Points of a collection; -1 when there is no such.</summary>
    private static async Task<long> PointsAsync(QdrantServer qdrant, string name)
    {
        using var client = new HttpClient { BaseAddress = qdrant.Url };
        client.DefaultRequestHeaders.Add("api-key", qdrant.ApiKey);
        using var answer = await client.PostAsJsonAsync($"collections/{name}/points/count", new { exact = true });
        return answer.IsSuccessStatusCode
            ? (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("result").GetProperty("count").GetInt64()
            : -1;
    }

    /// <summary>The filled installation with its original, and a large one more, in the database.</summary>
    private async Task<string> InDatabaseAsync()
    {
        var (connection, blobs) = await _installations.FilledAsync();
        Directory.Delete(blobs, recursive: true);
        var (small, large) = (Convert.ToHexStringLower(SHA256.HashData(Original)), Convert.ToHexStringLower(SHA256.HashData(Large)));
        string[] parts = [.. Large.Chunk(512 * 1024).Select((part, i) => $"('0196f000-0000-7000-8000-0000000000b2', {i}, '\\x{Convert.ToHexStringLower(part)}')")];
        await ExecuteAsync(connection, $"""
            insert into blobs (collection_id, sha256, size_bytes) values ('{Collection}', '\x{large}', {Large.Length});
            insert into documents (id, collection_id, source_id, name, sha256, size_bytes, status)
                values ('0196f000-0000-7000-8000-0000000000d2', '{Collection}', 'l', 'large.bin', '\x{large}', {Large.Length}, 'failed');
            insert into blob_uploads (id) values ('0196f000-0000-7000-8000-0000000000b1'), ('0196f000-0000-7000-8000-0000000000b2');
            insert into blob_parts (upload_id, part, data) values ('0196f000-0000-7000-8000-0000000000b1', 0, '\x{Convert.ToHexStringLower(Original)}'), {string.Join(", ", parts)};
            insert into blob_contents (collection_id, sha256, upload_id, size_bytes) values
                ('{Collection}', '\x{small}', '0196f000-0000-7000-8000-0000000000b1', {Original.Length}),
                ('{Collection}', '\x{large}', '0196f000-0000-7000-8000-0000000000b2', {Large.Length});
            """);
        return connection;
    }
}
