using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>
/// The part of Qdrant's REST API (1.18) that the index needs. Every failure is a <see cref="RagException"/> <c>index-away</c>, transient
/// when trying again may help, and not when somebody has to change something. Changes return when they can be searched.
/// </summary>
internal sealed class QdrantClient(HttpClient http, QdrantOptions options)
{
    private const string Code = "index-away";
    private const int MaxQuoted = 300;

    /// <summary>Name of the dense vector.</summary>
    public const string Dense = "dense";

    /// <summary>Name of the sparse vector of terms.</summary>
    public const string Terms = "terms";

    /// <summary>Creates a collection with its payload indexes, or the rest of it when a former try ended in between.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="dimensions">Of dense vectors; null: none.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task CreateAsync(string name, int? dimensions, CancellationToken cancellationToken)
    {
        if (!await ExistsAsync(name, cancellationToken))
        {
            await CallAsync(HttpMethod.Put, $"collections/{name}", Shape(dimensions), options.ChangeTimeout, cancellationToken);
        }

        // Before the first point: Qdrant builds its graph with regard to the indexes that there are.
        foreach (var (field, schema) in PayloadIndexes())
        {
            await ChangeAsync(HttpMethod.Put, $"collections/{name}/index", Bytes(new JsonObject { ["field_name"] = field, ["field_schema"] = schema }), cancellationToken);
        }
    }

    /// <summary>Whether there is such a collection.</summary>
    public async Task<bool> ExistsAsync(string name, CancellationToken cancellationToken) =>
        (await CallAsync(HttpMethod.Get, $"collections/{name}/exists", null, cancellationToken)).GetProperty("exists").GetBoolean();

    /// <summary>Names of all collections.</summary>
    public async Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await CallAsync(HttpMethod.Get, "collections", null, cancellationToken)).GetProperty("collections").EnumerateArray().Select(static c => c.GetProperty("name").GetString()!)];

    /// <summary>Removes a collection; nothing happens when there is none.</summary>
    public Task DropAsync(string name, CancellationToken cancellationToken) =>
        CallAsync(HttpMethod.Delete, $"collections/{name}", null, options.ChangeTimeout, cancellationToken);

    /// <summary>Writes points over those that there are with the same ids.</summary>
    public async Task UpsertAsync(string name, IReadOnlyCollection<QdrantPoint> points, CancellationToken cancellationToken)
    {
        if (points.Count > 0)
        {
            await ChangeAsync(HttpMethod.Put, $"collections/{name}/points", PointWriter.Write(points).WrittenMemory, cancellationToken);
        }
    }

    /// <summary>Removes the points that meet the filter.</summary>
    public Task DeleteAsync(string name, JsonObject filter, CancellationToken cancellationToken) =>
        ChangeAsync(HttpMethod.Post, $"collections/{name}/points/delete", Bytes(new JsonObject { ["filter"] = filter }), cancellationToken);

    /// <summary>How many points meet the filter, exactly.</summary>
    public async Task<long> CountAsync(string name, JsonObject filter, CancellationToken cancellationToken) =>
        (await CallAsync(HttpMethod.Post, $"collections/{name}/points/count", new JsonObject { ["filter"] = filter, ["exact"] = true }, cancellationToken))
        .GetProperty("count").GetInt64();

    /// <summary>A page of points that meet the filter, by id.</summary>
    /// <param name="name">The collection.</param>
    /// <param name="filter">Which.</param>
    /// <param name="from">The page's first id; null: from the beginning.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="fields">Which fields of their payload.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Their payloads, and the next page's first id; null at the end.</returns>
    public async Task<(IReadOnlyList<JsonElement> Payloads, string? Next)> ScrollAsync(
        string name, JsonObject filter, string? from, int limit, IReadOnlyList<string> fields, CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["filter"] = filter, ["limit"] = limit, ["with_payload"] = Strings(fields), ["with_vector"] = false };
        if (from is not null)
        {
            body["offset"] = from;
        }

        var page = await CallAsync(HttpMethod.Post, $"collections/{name}/points/scroll", body, cancellationToken);
        return ([.. page.GetProperty("points").EnumerateArray().Select(static p => p.GetProperty("payload"))],
            page.TryGetProperty("next_page_offset", out var next) && next.ValueKind == JsonValueKind.String ? next.GetString() : null);
    }

    /// <summary>Searches, in one call: what each retriever finds, or what both find put together by reciprocal ranks.</summary>
    /// <returns>Payload and score of each, best first.</returns>
    public async Task<IReadOnlyList<(JsonElement Payload, double Score)>> QueryAsync(string name, QdrantQuery query, CancellationToken cancellationToken)
    {
        var found = await CallAsync(HttpMethod.Post, $"collections/{name}/points/query", query.ToJson(options.FusionK, rescores: options.Quantization != QdrantQuantization.None), cancellationToken);
        return [.. found.GetProperty("points").EnumerateArray().Select(static p => (p.GetProperty("payload"), p.GetProperty("score").GetDouble()))];
    }

    internal static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(static v => JsonValue.Create(v))]);

    private JsonObject Shape(int? dimensions)
    {
        var vectors = new JsonObject();
        if (dimensions is { } size)
        {
            // Vectors have unit length, so that the product is the cosine.
            vectors[Dense] = new JsonObject { ["size"] = size, ["distance"] = "Dot", ["on_disk"] = options.VectorsOnDisk };
        }

        var shape = new JsonObject
        {
            ["vectors"] = vectors,
            ["sparse_vectors"] = new JsonObject { [Terms] = new JsonObject { ["index"] = new JsonObject { ["on_disk"] = options.VectorsOnDisk } } },
            ["replication_factor"] = options.ReplicationFactor,
            ["write_consistency_factor"] = options.WriteConsistencyFactor,
            ["on_disk_payload"] = options.PayloadOnDisk,
        };
        if (options.Shards is { } shards)
        {
            shape["shard_number"] = shards;
        }

        if (options.Quantization == QdrantQuantization.Int8 && dimensions is not null)
        {
            shape["quantization_config"] = new JsonObject { ["scalar"] = new JsonObject { ["type"] = "int8", ["quantile"] = 0.99, ["always_ram"] = true } };
        }

        return shape;
    }

    private static IEnumerable<(string Field, JsonObject Schema)> PayloadIndexes() =>
    [
        (PayloadFields.Collection, new JsonObject { ["type"] = "keyword", ["is_tenant"] = true }),
        (PayloadFields.Document, new JsonObject { ["type"] = "keyword" }),
        (PayloadFields.Generation, new JsonObject { ["type"] = "integer", ["lookup"] = true, ["range"] = true }),
        (PayloadFields.Values, new JsonObject { ["type"] = "keyword" }),
    ];

    // Points and payload indexes: books must not say what cannot be searched yet.
    private async Task ChangeAsync(HttpMethod method, string path, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var result = await SendAsync(method, $"{path}?wait=true", body, options.ChangeTimeout, cancellationToken);
        if (result.ValueKind != JsonValueKind.Object || result.GetProperty("status").GetString() != "completed")
        {
            throw Away("Qdrant has taken a change without finishing it. It is sent again.", null);
        }
    }

    private Task<JsonElement> CallAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken) =>
        CallAsync(method, path, body, options.Timeout, cancellationToken);

    private Task<JsonElement> CallAsync(HttpMethod method, string path, JsonObject? body, TimeSpan atMost, CancellationToken cancellationToken) =>
        SendAsync(method, path, body is null ? null : Bytes(body), atMost, cancellationToken);

    private static ReadOnlyMemory<byte> Bytes(JsonObject body) => JsonSerializer.SerializeToUtf8Bytes(body);

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, ReadOnlyMemory<byte>? body, TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(atMost);
        try
        {
            using var request = new HttpRequestMessage(method, path);
            if (body is { } bytes)
            {
                request.Content = new ReadOnlyMemoryContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            }

            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (!response.IsSuccessStatusCode)
            {
                throw await RefusalAsync(response, limit.Token);
            }

            await using var stream = await response.Content.ReadAsStreamAsync(limit.Token);
            using var document = await JsonDocument.ParseAsync(stream, cancellationToken: limit.Token);
            return document.RootElement.GetProperty("result").Clone();
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            var setting = atMost == options.Timeout ? nameof(options.Timeout) : nameof(options.ChangeTimeout);
            throw Away($"Qdrant did not answer within {atMost.TotalSeconds:0.#} seconds (Rag:Index:Qdrant:{setting}).", e);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.SecureConnectionError)
        {
            // The reason behind it is of the kind "UntrustedRoot" or "RemoteCertificateNameMismatch".
            throw Away(
                "No secure connection to Qdrant: its certificate is not trusted, or not for the name in Rag:Index:Qdrant:Url. "
                + $"Rag:Index:Qdrant:CaFile names authorities of one's own. {(e.InnerException ?? e).Message}",
                e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Away("Qdrant cannot be reached. Check that it runs and that Rag:Index:Qdrant:Url or ConnectionStrings:vectors_http names it.", e);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new RagException(Code, "What answers at Rag:Index:Qdrant:Url is no Qdrant that this program understands (REST API 1.18).", inner: e);
        }
    }

    private static async Task<RagException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            return new RagException(Code, $"Qdrant refuses the key (HTTP {status}). Check Rag:Index:ApiKey or Rag:Index:ApiKeyFile.");
        }

        if (status is >= 300 and < 400)
        {
            // Not followed: the key would go along to whoever is named there.
            return new RagException(Code, $"What answers at Rag:Index:Qdrant:Url sends elsewhere (HTTP {status}). Name the address of Qdrant itself.");
        }

        if (status is 408 or 429 or >= 500)
        {
            return Away($"Qdrant is busy or broken (HTTP {status}). Try again later.", null);
        }

        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        // A collection that is not there is made by the projector, and filled.
        return new QdrantRefusalException(
            status, Code, $"Qdrant refuses the request (HTTP {status}): {text[..Math.Min(text.Length, MaxQuoted)]}", isTransient: response.StatusCode == HttpStatusCode.NotFound);
    }

    private static RagException Away(string message, Exception? inner) => new(Code, message, isTransient: true, inner);
}

/// <summary>Qdrant does not take what it was sent.</summary>
internal sealed class QdrantRefusalException(int status, string code, string message, bool isTransient) : RagException(code, message, isTransient)
{
    /// <summary>Whether it is the content that it does not take: as it is, or because it is too large.</summary>
    public bool IsOfContent { get; } = status is 400 or 413 or 422;

    public int Status { get; } = status;
}
