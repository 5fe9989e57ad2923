using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Npgsql;
using Rag.Api.Tests.Support;
using Rag.Client;
using Rag.Core.Jobs;
using Rag.Core.Safety;
using Rag.Core.Storage;
using Rag.Testing;
using Xunit.Abstractions;

namespace Rag.Api.Tests;

/// <summary>Originals on their way through an API process of its own, with the store in the database, in a folder and in a bucket.</summary>
[Collection(Postgres.Name)]
public sealed class OriginalStreamingTests(PostgresFixture postgres, ITestOutputHelper output) : IAsyncLifetime
{
    private const string Collection = "originals";
    private const int MiB = 1024 * 1024;
    private const long Large = 200L * MiB;

    // Room for what grows with use, such as the pools of buffers; far from the size of the file.
    private const long Allowed = 100L * MiB;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rag-test-originals-");
    private string _database = null!;
    private ServiceProcess? _api;
    private S3Server? _store;

    public async Task InitializeAsync() => _database = await postgres.CreateDatabaseAsync();

    public async Task DisposeAsync()
    {
        if (_api is not null)
        {
            await _api.DisposeAsync();
        }

        if (_store is not null)
        {
            await _store.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("postgres")]
    [InlineData("files")]
    [InlineData("s3")]
    public async Task A_large_original_goes_in_and_out_without_being_held_and_in_ranges(string provider)
    {
        using var limit = new CancellationTokenSource(Limit);
        var client = await StartAsync(provider, limit.Token);
        await client.UploadAsync(Collection, [new UploadFile("warm.bin", new PatternStream(2 * MiB))], cancellationToken: limit.Token);
        var before = Memory("VmRSS");
        await using var content = new PatternStream(Large);

        var item = (await client.UploadAsync(Collection, [new UploadFile("large.bin", content)], cancellationToken: limit.Token)).Items[0];
        Assert.Equal(SubmissionStatus.Queued, item.Status);
        var uploaded = Memory("VmHWM");
        string hash;
        await using (var original = await client.OpenContentAsync(Collection, item.Id!.Value, limit.Token))
        {
            hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(original.Stream, limit.Token));
        }

        var (peak, after) = (Memory("VmHWM"), Memory("VmRSS"));
        output.WriteLine($"{provider}: {before / MiB} MiB before, at most {uploaded / MiB} up and {peak / MiB} down, {after / MiB} afterwards");
        Assert.Equal((await client.GetDocumentAsync(Collection, item.Id.Value, limit.Token)).Sha256, hash);
        Assert.InRange(peak - before, 0, Allowed);
        await RangesAsync(item.Id.Value, hash, limit.Token);
    }

    [Fact]
    public async Task An_upload_whose_API_is_killed_leaves_no_document_and_its_parts_go()
    {
        using var limit = new CancellationTokenSource(Limit);
        var client = await StartAsync("postgres", limit.Token);
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
        await using var content = CutContent();
        var upload = await BeginAsync(client, content, gone.Token);

        await _api!.KillAsync();
        await gone.CancelAsync(); // whose stream gives nothing more would never notice

        await Assert.ThrowsAnyAsync<Exception>(() => upload);
        Assert.Equal(0, await ScalarAsync("select (select count(*) from documents) + (select count(*) from blob_contents)"));
        Assert.Equal(1, await ScalarAsync("select count(*) from blob_uploads"));
        await using var engine = await TestEngine.StartAsync(
            postgres, new Dictionary<string, string?> { ["ConnectionStrings:ragdb"] = _database, ["Rag:Blobs:Provider"] = "postgres" });
        var sweeper = engine.Get<Sweeper>();
        await sweeper.SweepAsync(new SweepAges(), includeFiles: true, limit.Token);
        // It might be under way still, in another process.
        Assert.Equal(1, await ScalarAsync("select count(*) from blob_uploads"));
        await engine.ExecuteAsync("update blob_uploads set touched = now() - interval '25 hours'");
        await sweeper.SweepAsync(new SweepAges(), includeFiles: true, limit.Token);
        Assert.Equal(0, await ScalarAsync("select (select count(*) from blob_uploads) + (select count(*) from blob_parts)"));
    }

    [Fact]
    public async Task A_client_that_breaks_off_leaves_nothing()
    {
        using var limit = new CancellationTokenSource(Limit);
        var client = await StartAsync("postgres", limit.Token);
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
        await using var content = CutContent();
        var upload = await BeginAsync(client, content, gone.Token);

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<Exception>(() => upload);
        await Eventually.TrueAsync(async () => await ScalarAsync("select (select count(*) from blob_uploads) + (select count(*) from blob_parts)") == 0, "the parts are gone");
        Assert.Equal(0, await ScalarAsync("select (select count(*) from documents) + (select count(*) from blobs)"));
    }

    [Fact]
    public async Task The_same_content_sent_at_once_is_held_once()
    {
        using var limit = new CancellationTokenSource(Limit);
        var client = await StartAsync("postgres", limit.Token);

        var items = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            await using var content = new PatternStream(2 * MiB + 7);
            return (await client.UploadAsync(Collection, [new UploadFile("same.bin", content)], new UploadOptions($"s{i}"), cancellationToken: limit.Token)).Items[0];
        }));

        Assert.All(items, static item => Assert.Equal(SubmissionStatus.Queued, item.Status));
        Assert.Equal(8, items.Select(static item => item.Id).Distinct().Count());
        Assert.Equal(1, await ScalarAsync("select count(*) from blob_contents"));
        await Eventually.TrueAsync(async () => await ScalarAsync("select count(*) from blob_uploads") == 1, "the other uploads are gone");
        Assert.Equal(5, await ScalarAsync("select count(*) from blob_parts"));
    }

    [Theory]
    [InlineData("postgres")]
    [InlineData("files")]
    public async Task An_original_that_is_lost_is_told_by_its_document_and_put_back_by_sending_it_again(string provider)
    {
        using var limit = new CancellationTokenSource(Limit);
        var client = await StartAsync(provider, limit.Token);
        var id = (await UploadAsync("s")).Id!.Value;
        await using (var engine = await TestEngine.StartAsync(postgres, new Dictionary<string, string?>
        {
            ["ConnectionStrings:ragdb"] = _database, ["Rag:Blobs:Provider"] = provider, ["Rag:Blobs:Path"] = _folder.FullName,
        }))
        {
            await UploadAsync("other", 4711);
            await engine.ExecuteAsync("delete from blob_contents where size_bytes = 1000");
            foreach (var file in _folder.EnumerateFiles("*", SearchOption.AllDirectories).Where(static file => file.Length == 1000))
            {
                file.Delete();
            }

            Assert.Equal(OriginalState.Present, (await client.GetDocumentAsync(Collection, id, limit.Token)).Original);
            Assert.Equal(1, (await engine.Get<Sweeper>().SweepAsync(new SweepAges(), includeFiles: false, limit.Token))!.Faults);
        }

        Assert.Equal(OriginalState.Missing, (await client.GetDocumentAsync(Collection, id, limit.Token)).Original);
        using (var refused = await GetAsync(id, null, limit.Token))
        {
            Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
            var problem = JsonNode.Parse(await refused.Content.ReadAsStringAsync(limit.Token))!;
            Assert.EndsWith("/no-original", (string)problem["type"]!, StringComparison.Ordinal);
            Assert.Contains("Send the same file again", (string)problem["detail"]!, StringComparison.Ordinal);
        }

        Assert.Equal("no-original", (await Assert.ThrowsAsync<RagApiException>(() => client.ReprocessDocumentAsync(Collection, id, limit.Token))).Code);
        Assert.Equal(SubmissionStatus.Unchanged, (await UploadAsync("s")).Status);
        Assert.Equal(OriginalState.Present, (await client.GetDocumentAsync(Collection, id, limit.Token)).Original);
        using var answer = await GetAsync(id, null, limit.Token);
        Assert.Equal(1000, (await answer.Content.ReadAsByteArrayAsync(limit.Token)).Length);

        async Task<SubmittedItem> UploadAsync(string source, int length = 1000)
        {
            await using var content = new PatternStream(length);
            return (await client.UploadAsync(Collection, [new UploadFile("a.bin", content)], new UploadOptions(source), cancellationToken: limit.Token)).Items[0];
        }
    }

    private static PatternStream CutContent() => new(Large) { StopsAt = 3 * MiB };

    /// <summary>An upload of which parts have arrived, and of which no more will.</summary>
    private async Task<Task> BeginAsync(RagClient client, PatternStream content, CancellationToken cancellationToken)
    {
        var upload = client.UploadAsync(Collection, [new UploadFile("cut.bin", content)], cancellationToken: cancellationToken);
        await Eventually.TrueAsync(async () => await ScalarAsync("select count(*) from blob_parts") >= 4, "parts have arrived");
        return upload;
    }

    private async Task RangesAsync(Guid id, string hash, CancellationToken cancellationToken)
    {
        foreach (var (from, to) in ((long, long)[])[(100_000_000, 100_000_999), (Large - 10, Large - 1), (512 * 1024 - 3, 512 * 1024 + 3)])
        {
            using var part = await GetAsync(id, new RangeHeaderValue(from, to), cancellationToken);
            Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
            Assert.Equal(Large, part.Content.Headers.ContentRange!.Length);
            Assert.Equal($"\"{hash}\"", part.Headers.ETag!.Tag);
            Assert.Equal(PatternStream.Expected(from, to), await part.Content.ReadAsByteArrayAsync(cancellationToken));
        }

        using var beyond = await GetAsync(id, new RangeHeaderValue(Large, null), cancellationToken);
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, beyond.StatusCode);
    }

    private async Task<HttpResponseMessage> GetAsync(Guid id, RangeHeaderValue? range, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = _api!.BaseAddress };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"v1/collections/{Collection}/documents/{id}/content");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", ApiHost.Key);
        request.Headers.Range = range;
        return await http.SendAsync(request, cancellationToken);
    }

    private async Task<RagClient> StartAsync(string provider, CancellationToken cancellationToken)
    {
        var settings = new Dictionary<string, string>
        {
            ["ConnectionStrings__ragdb"] = _database,
            ["Rag__Auth__BootstrapKey"] = ApiHost.Key,
            ["Rag__Blobs__Provider"] = provider,
            ["Rag__Blobs__Path"] = _folder.FullName,
        };
        if (provider == "s3")
        {
            _store = await S3Server.StartAsync();
            foreach (var (name, value) in _store.Variables(await _store.CreateBucketAsync(), _folder.FullName))
            {
                settings[name] = value;
            }
        }

        _api = ServiceProcess.Start("Rag.Api", "rag-api", settings);
        await _api.WaitUntilOkAsync("/health/ready", TimeSpan.FromSeconds(90));
        var client = RagClient.Create(_api.BaseAddress, ApiHost.Key);
        await client.CreateCollectionAsync(new CreateCollection(Collection), cancellationToken: cancellationToken);
        return client;
    }

    /// <summary>Resident memory of the API in bytes: now (VmRSS), or the most that it ever was (VmHWM).</summary>
    private long Memory(string what) => File.ReadLines($"/proc/{_api!.Id}/status").First(line => line.StartsWith(what, StringComparison.Ordinal))
        .Split(' ', StringSplitOptions.RemoveEmptyEntries) is [.., var kilobytes, "kB"]
            ? long.Parse(kilobytes.Split('\t')[^1], CultureInfo.InvariantCulture) * 1024
            : throw new InvalidOperationException("The system does not tell the memory of a process.");

    private async Task<long> ScalarAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_database);
        await connection.OpenAsync();
        return await connection.Sql(sql).ScalarAsync<long>(default);
    }

    /// <summary>Content of any length without holding it: a block of chance, again and again.</summary>
    private sealed class PatternStream(long length) : ReadingStream
    {
        private static readonly byte[] Block = RandomNumberGenerator.GetBytes(MiB - 1);

        private long _given;

        /// <summary>From here on it gives nothing more, and does not end either.</summary>
        public long StopsAt { get; init; } = long.MaxValue;

        public static byte[] Expected(long from, long to)
        {
            var bytes = new byte[to - from + 1];
            for (var i = 0; i < bytes.Length; i++)
            {
                bytes[i] = Block[(from + i) % Block.Length];
            }

            return bytes;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_given >= StopsAt)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return Read(buffer.Span);
        }

        public override int Read(Span<byte> buffer)
        {
            var from = (int)(_given % Block.Length);
            var count = (int)Math.Min(Math.Min(buffer.Length, Block.Length - from), length - _given);
            Block.AsSpan(from, count).CopyTo(buffer);
            _given += count;
            return count;
        }
    }
}
