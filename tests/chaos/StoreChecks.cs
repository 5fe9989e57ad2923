using System.Text.Json;
using Amazon.S3.Model;
using Npgsql;
using Rag.Core.Storage;

namespace Rag.Chaos;

/// <summary>Compares the stores with one another, by what stands in them and not by what the services say. Each line of an answer is a finding.</summary>
internal sealed class StoreChecks(ChaosWorld world, NpgsqlDataSource database)
{
    /// <summary>Rows that have no business to be there, or lack; each statement must find nothing.</summary>
    private static readonly (string What, string Sql)[] Rows =
    [
        ("a source id stands for two documents", "select source_id from documents group by collection_id, source_id having count(*) > 1"),
        ("a document is neither ready nor parked with a reason in words", "select id::text || ' is ' || status from documents where status <> 'ready' and not (status = 'failed' and problem_code is not null and length(problem) > 0)"),
        ("a ready document has no active generation of its newest content", "select d.id::text from documents d where d.status = 'ready' and not exists (select 1 from generations g where g.document_id = d.id and g.generation = d.active_generation and g.sha256 = d.sha256)"),
        ("a job is still open", "select id::text || ' is ' || state from jobs where state in ('queued', 'running')"),
        ("a document has no finished job, or a parked one although it is ready", "select d.id::text from documents d where not exists (select 1 from jobs j where j.document_id = d.id and j.state = case d.status when 'ready' then 'done' else 'parked' end) or (d.status = 'ready' and exists (select 1 from jobs j where j.document_id = d.id and j.state = 'parked'))"),
        ("a generation is nobody's active one", "select g.document_id::text || '/' || g.generation from generations g where not exists (select 1 from documents d where d.id = g.document_id and d.active_generation = g.generation)"),
        ("a chunk is of no active generation", "select c.id::text from chunks c where not exists (select 1 from documents d where d.id = c.document_id and d.active_generation = c.generation and d.collection_id = c.collection_id)"),
        ("a document's chunks are not as many as it says, or have gaps", "select d.id::text from documents d left join chunks c on c.document_id = d.id and c.generation = d.active_generation where d.active_generation is not null group by d.id having count(c.id) <> d.chunk_count or count(distinct c.ordinal) <> count(c.id) or coalesce(max(c.ordinal), -1) <> count(c.id) - 1 or coalesce(min(c.ordinal), 0) <> 0"),
        ("a chunk's text is not what its offsets point at", "select c.id::text from chunks c join generations g using (document_id, generation) where g.text !~ '[\\U00010000-\\U0010FFFF]' and substr(g.text, c.start_offset + 1, c.end_offset - c.start_offset) <> c.text"),
        ("an embedding is of no chunk", "select e.chunk_id::text from chunk_embeddings e where not exists (select 1 from chunks c where c.id = e.chunk_id)"),
        ("a chunk has not exactly one embedding", "select c.id::text from chunks c left join chunk_embeddings e on e.chunk_id = c.id group by c.id having count(e.chunk_id) <> 1"),
        ("an original is referred to by no document", "select encode(b.sha256, 'hex') from blobs b where not exists (select 1 from documents d where d.collection_id = b.collection_id and d.sha256 = b.sha256)"),
    ];

    private static readonly (string What, string Sql)[] BlobRows =
    [
        ("an original's content has no row", "select encode(c.sha256, 'hex') from blob_contents c where not exists (select 1 from blobs b where b.collection_id = c.collection_id and b.sha256 = c.sha256)"),
        ("an original's row has no content", "select encode(b.sha256, 'hex') from blobs b where not exists (select 1 from blob_contents c where c.collection_id = b.collection_id and c.sha256 = b.sha256 and c.size_bytes = b.size_bytes)"),
        ("an upload is nobody's content", "select u.id::text from blob_uploads u where not exists (select 1 from blob_contents c where c.upload_id = u.id)"),
        ("a content's parts are not as long as it", "select encode(c.sha256, 'hex') from blob_contents c where c.size_bytes <> (select coalesce(sum(octet_length(data)), 0) from blob_parts p where p.upload_id = c.upload_id)"),
    ];

    private static readonly (string What, string Sql)[] IndexRows =
    [
        ("the index's books hold what is no document", "select i.document_id::text from index_documents i where not exists (select 1 from documents d where d.id = i.document_id and d.active_generation = i.generation)"),
        ("the index's books lack a document", "select d.id::text from documents d where d.active_generation is not null and not exists (select 1 from index_documents i where i.document_id = d.id and i.generation = d.active_generation)"),
        ("the index has more than its one version", "select name || ' is ' || state from index_versions where state <> 'active'"),
    ];

    /// <summary>Everything that is not as it must be.</summary>
    public async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellationToken)
    {
        var found = new List<string>();
        foreach (var (what, sql) in Rows.Concat(world.Vectors is null ? [] : BlobRows.Concat(IndexRows)))
        {
            foreach (var row in (await TextsAsync(sql, cancellationToken)).Take(5))
            {
                found.Add($"{what}: {row}");
            }
        }

        found.AddRange(world.Vectors is null ? await OriginalsAsync(cancellationToken) : await PointsAsync(cancellationToken));
        return found;
    }

    private async Task<IReadOnlyList<string>> OriginalsAsync(CancellationToken cancellationToken)
    {
        var rows = (await TextsAsync("select collection_id::text || '/' || substr(encode(sha256, 'hex'), 1, 2) || '/' || encode(sha256, 'hex') || ' ' || size_bytes from blobs", cancellationToken)).ToHashSet(StringComparer.Ordinal);
        var files = (world.Store is null ? Files() : await ObjectsAsync(cancellationToken)).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. files.Except(rows, StringComparer.Ordinal).Take(5).Select(static file => $"a file or an object is no document's original: {file}"),
            .. rows.Except(files, StringComparer.Ordinal).Take(5).Select(static row => $"an original has no file or object of its length: {row}"),
        ];
    }

    private IEnumerable<string> Files() => new DirectoryInfo(world.BlobPath).EnumerateFiles("*", SearchOption.AllDirectories).Where(static file => file.Name != ".owner")
        .Select(file => $"{Path.GetRelativePath(world.BlobPath, file.FullName)} {file.Length}");

    private async Task<IEnumerable<string>> ObjectsAsync(CancellationToken cancellationToken)
    {
        using var client = world.Store!.Client();
        var held = new List<string>();
        var request = new ListObjectsV2Request { BucketName = world.Bucket };
        do
        {
            var page = await client.ListObjectsV2Async(request, cancellationToken);
            held.AddRange((page.S3Objects ?? []).Where(static found => found.Key is not (".store" or ".owner")).Select(static found => $"{found.Key} {found.Size}"));
            request.ContinuationToken = page.NextContinuationToken;
        }
        while (request.ContinuationToken is not null);
        var parts = await client.ListMultipartUploadsAsync(world.Bucket, cancellationToken);
        return held.Concat((parts.MultipartUploads ?? []).Select(static upload => $"parts of {upload.Key}"));
    }

    /// <summary>Every point of every collection there, against every chunk.</summary>
    private async Task<IReadOnlyList<string>> PointsAsync(CancellationToken cancellationToken)
    {
        using var client = world.Vectors!.Client();
        var held = new List<string>();
        var found = new List<string>();
        var names = (await GetAsync("collections")).GetProperty("collections").EnumerateArray().Select(static c => c.GetProperty("name").GetString()!).Where(n => n.StartsWith(world.Vectors.Prefix, StringComparison.Ordinal)).ToList();
        if (names.Count != 1)
        {
            found.Add($"the vector server holds {names.Count} collections of ours: {string.Join(", ", names)}");
        }

        foreach (var name in names)
        {
            JsonElement? offset = null;
            do
            {
                using var answer = await client.PostAsync(
                    $"collections/{name}/points/scroll",
                    System.Net.Http.Json.JsonContent.Create(offset is null ? (object)new { limit = 1000, with_payload = true } : new { limit = 1000, with_payload = true, offset }),
                    cancellationToken);
                answer.EnsureSuccessStatusCode();
                var page = await ResultAsync(answer);
                held.AddRange(page.GetProperty("points").EnumerateArray().Select(static p =>
                    $"{p.GetProperty("id").GetString()} {p.GetProperty("payload").GetProperty("document").GetString()}/{p.GetProperty("payload").GetProperty("generation").GetInt64()}/{p.GetProperty("payload").GetProperty("ordinal").GetInt32()}"));
                offset = page.GetProperty("next_page_offset") is { ValueKind: not JsonValueKind.Null } next ? next : null;
            }
            while (offset is not null);
        }

        var chunks = await TextsAsync("select c.id::text || ' ' || c.document_id::text || '/' || c.generation || '/' || c.ordinal from chunks c", cancellationToken);
        found.AddRange(held.GroupBy(static p => p, StringComparer.Ordinal).Where(static g => g.Count() > 1).Take(5).Select(static g => $"a point is there twice: {g.Key}"));
        found.AddRange(held.Except(chunks, StringComparer.Ordinal).Take(5).Select(static p => $"a point is no chunk: {p}"));
        found.AddRange(chunks.Except(held, StringComparer.Ordinal).Take(5).Select(static c => $"a chunk has no point: {c}"));
        return found;

        async Task<JsonElement> GetAsync(string path) => await ResultAsync(await client.GetAsync(path, cancellationToken));

        async Task<JsonElement> ResultAsync(HttpResponseMessage answer)
        {
            using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancellationToken));
            return document.RootElement.GetProperty("result").Clone();
        }
    }

    private async Task<List<string>> TextsAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.Sql(sql).ListAsync(static row => row.GetString(0), cancellationToken);
    }
}
