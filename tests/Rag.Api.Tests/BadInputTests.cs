using System.Net;
using System.Text;
using Rag.Api.Tests.Support;
using Rag.Client;

namespace Rag.Api.Tests;

[Collection(Postgres.Name)]
public sealed class BadInputTests(ApiFixture fixture) : IClassFixture<ApiFixture>, IAsyncLifetime
{
    private readonly string _collection = $"c{Guid.NewGuid():N}"[..20];

    private ApiHost Api => fixture.Api;

    private string Documents => $"/v1/collections/{_collection}/documents";

    public Task InitializeAsync() => Api.Client().CreateCollectionAsync(new CreateCollection(_collection));

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("""{"query":1}""", "query", "must be a string, but is a number.")]
    [InlineData("""{"query":"x","limit":"10"}""", "limit", "must be a whole number, but is a string.")]
    [InlineData("""{"query":"x","limit":2.5}""", "limit", "must be a whole number, but is a number.")]
    [InlineData("""{"query":"x","limit":0}""", "limit", "must be between 1 and 100, but is 0.")]
    [InlineData("""{"query":"x","limit":101}""", "limit", "must be between 1 and 100, but is 101.")]
    [InlineData("""{"query":"x","limt":10}""", "limt", "is unknown; known are: query, limit, mode, filter, tokenBudget, passagesPerDocument.")]
    [InlineData("""{"query":"x","mode":"fuzzy"}""", "mode", "must be one of \"lexical\", \"dense\", \"hybrid\", but is a string.")]
    [InlineData("""{"query":"x","filter":[]}""", "filter", "must be an object, but is a list.")]
    [InlineData("""{"query":null}""", "query", "must not be null; leave it out or give a value.")]
    [InlineData("""{"query":"  "}""", "query", "must hold at least one word.")]
    [InlineData("""{}""", "query", "is required.")]
    [InlineData("""[]""", "body", "must be an object, but is a list.")]
    public async Task A_body_of_another_shape_is_named_field_by_field(string body, string field, string message)
    {
        using var response = await Api.SendAsync(HttpMethod.Post, $"/v1/collections/{_collection}/search", Json.Body(body));

        var problem = await Json.ProblemAsync(response, HttpStatusCode.BadRequest, "invalid-request");
        Assert.Equal([message], problem["errors"]![field]!.AsArray().Select(static text => (string?)text));
    }

    [Theory]
    [InlineData("start=-1", "start", "must be 0 or more, but is -1.")]
    [InlineData("start=5&end=4", "end", "must be at least 'start' (5), but is 4.")]
    [InlineData("end=-1", "end", "must be at least 'start' (0), but is -1.")]
    public async Task A_stretch_that_is_none_is_named(string query, string field, string message)
    {
        using var response = await Api.SendAsync(HttpMethod.Get, $"{Documents}/{Guid.NewGuid()}/text?{query}");

        var problem = await Json.ProblemAsync(response, HttpStatusCode.BadRequest, "invalid-request");
        Assert.Equal([message], problem["errors"]![field]!.AsArray().Select(static text => (string?)text));
    }

    [Fact]
    public async Task All_wrong_fields_are_told_at_once_by_their_path()
    {
        using var response = await Api.SendAsync(
            HttpMethod.Post, $"/v1/collections/{_collection}/ask", Json.Body("""{"question":true,"history":[{"role":"user","content":"a"},{"role":"robot","text":"b"}]}"""));

        var errors = (await Json.ProblemAsync(response, HttpStatusCode.BadRequest, "invalid-request"))["errors"]!.AsObject();
        Assert.Equal(
            ["history[1].content", "history[1].role", "history[1].text", "question"], errors.Select(static error => error.Key).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("search", """{"query":"x","filter":{"eq":{"lang":"\ud83d"}}}""")]
    [InlineData("search", """{"query":"x","filter":{"in":{"lang":["en","\ud83d"]}}}""")]
    [InlineData("search", """{"query":"x","filter":{"eq":{"\ud83d":1}}}""")]
    [InlineData("ask", """{"question":"x","filter":{"eq":{"lang":"\udc00"}}}""")]
    [InlineData("documents", """{"text":"x","metadata":{"lang":"\ud83d"}}""")]
    [InlineData("documents", """{"text":"x","metadata":{"a":[{"b":"\ud83d"}]}}""")]
    public async Task Half_a_surrogate_is_refused_wherever_it_stands(string route, string body)
    {
        using var response = await Api.SendAsync(HttpMethod.Post, $"/v1/collections/{_collection}/{route}", Json.Body(body));

        await Json.ProblemAsync(response, HttpStatusCode.BadRequest, "invalid-json");
    }

    [Fact]
    public async Task Half_a_surrogate_in_the_metadata_of_an_upload_is_named()
    {
        using var form = new MultipartFormDataContent();
        using var metadata = new StringContent("""{"lang":"\ud83d"}""");
        using var file = new StringContent("Text.");
        form.Add(metadata, "metadata");
        form.Add(file, "file", "a.txt");
        using var response = await Api.SendAsync(HttpMethod.Post, Documents, form);

        Assert.NotNull((await Json.ProblemAsync(response, HttpStatusCode.BadRequest, "invalid-request"))["errors"]!["metadata"]);
    }

    [Theory]
    [InlineData(20, false)]
    [InlineData(21, true)]
    [InlineData(50_000, true)]
    public async Task Of_very_many_problems_the_first_are_told_and_that_there_are_more(int count, bool more)
    {
        var body = $$"""{"query":"x",{{string.Join(',', Enumerable.Range(0, count).Select(static i => $"\"f{i}\":0"))}}}""";
        using var response = await Api.SendAsync(HttpMethod.Post, $"/v1/collections/{_collection}/search", Json.Body(body));

        var errors = (await Json.ProblemAsync(response, HttpStatusCode.BadRequest, "invalid-request"))["errors"]!.AsObject();
        Assert.Equal(Enumerable.Range(0, 20).Select(static i => $"f{i}"), errors.Select(static error => error.Key).Where(static field => field != "body"));
        Assert.Equal(more ? "and more: only the first 20 problems are told." : null, (string?)errors["body"]?[0]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"query":"x"} trailing""")]
    [InlineData("""{"query":"x","query":"y"}""")]
    [InlineData("""{"query":"\ud800"}""")]
    [InlineData("""{"query":"x",}""")]
    public async Task What_is_no_json_is_told_apart(string body)
    {
        using var response = await Api.SendAsync(HttpMethod.Post, $"/v1/collections/{_collection}/search", Json.Body(body));

        await Json.ProblemAsync(response, HttpStatusCode.BadRequest, "invalid-json");
    }

    [Fact]
    public async Task Deep_nesting_is_no_way_to_exhaust_the_stack()
    {
        var body = $$"""{"query":"x","filter":{{string.Concat(Enumerable.Repeat("""{"not":""", 10_000))}}{}{{new string('}', 10_001)}}""";
        using var response = await Api.SendAsync(HttpMethod.Post, $"/v1/collections/{_collection}/search", Json.Body(body));

        await Json.ProblemAsync(response, HttpStatusCode.BadRequest, "invalid-json");
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"eq":{"a":1},"in":{"a":[1]}}""")]
    [InlineData("""{"near":{"a":1}}""")]
    [InlineData("""{"eq":{"a":{"b":1}}}""")]
    [InlineData("""{"eq":{"a":1,"b":2}}""")]
    [InlineData("""{"in":{"a":[]}}""")]
    [InlineData("""{"range":{"a":{"above":1}}}""")]
    [InlineData("""{"range":{"a":{"gte":true}}}""")]
    [InlineData("""{"and":[]}""")]
    [InlineData("""{"not":{"not":{"not":{"not":{"not":{"not":{"not":{"not":{"eq":{"a":1}}}}}}}}}}""")]
    public async Task A_filter_that_cannot_be_read_is_refused_with_its_place(string filter)
    {
        using var response = await Api.SendAsync(HttpMethod.Post, $"/v1/collections/{_collection}/search", Json.Body($$"""{"query":"x","filter":{{filter}}}"""));

        var problem = await Json.ProblemAsync(response, HttpStatusCode.BadRequest, "invalid-filter");
        Assert.StartsWith("'filter", (string?)problem["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_filter_of_65_comparisons_is_one_too_many()
    {
        static string Filter(int count) => $$"""{"or":[{{string.Join(',', Enumerable.Repeat("""{"eq":{"a":1}}""", count))}}]}""";
        using var most = await Api.SendAsync(HttpMethod.Post, $"/v1/collections/{_collection}/search", Json.Body($$"""{"query":"x","filter":{{Filter(64)}}}"""));
        using var more = await Api.SendAsync(HttpMethod.Post, $"/v1/collections/{_collection}/search", Json.Body($$"""{"query":"x","filter":{{Filter(65)}}}"""));

        Assert.Equal(HttpStatusCode.OK, most.StatusCode);
        await Json.ProblemAsync(more, HttpStatusCode.BadRequest, "invalid-filter");
    }

    [Theory]
    [InlineData("?limit=0", "limit")]
    [InlineData("?limit=201", "limit")]
    [InlineData("?limit=many", "limit")]
    [InlineData("?status=lost", "status")]
    [InlineData("?status=9", "status")]
    public async Task A_query_that_does_not_fit_names_its_parameter(string query, string field)
    {
        using var response = await Api.SendAsync(HttpMethod.Get, Documents + query);

        Assert.NotNull((await Json.ProblemAsync(response, HttpStatusCode.BadRequest, "invalid-request"))["errors"]![field]);
    }

    [Theory]
    [InlineData("ready", HttpStatusCode.OK)]
    [InlineData("Ready", HttpStatusCode.OK)]
    [InlineData("", HttpStatusCode.OK)]
    [InlineData("1", HttpStatusCode.BadRequest)]
    public async Task A_status_is_asked_for_by_the_name_that_answers_have(string status, HttpStatusCode expected)
    {
        using var response = await Api.SendAsync(HttpMethod.Get, $"{Documents}?status={status}");

        Assert.Equal(expected, response.StatusCode);
    }

    [Theory]
    [InlineData("/v1/collections")]
    [InlineData("/v1/keys")]
    [InlineData("/v1/collections/{0}/documents")]
    public async Task A_made_up_cursor_is_refused(string path)
    {
        foreach (var cursor in (string[])["x", "AAAA", new string('_', 32), "%00"])
        {
            using var response = await Api.SendAsync(HttpMethod.Get, $"{string.Format(System.Globalization.CultureInfo.InvariantCulture, path, _collection)}?cursor={cursor}");
            await Json.ProblemAsync(response, HttpStatusCode.BadRequest, "invalid-cursor");
        }
    }

    [Theory]
    [InlineData("nothing-here")]
    [InlineData("UPPER")]
    [InlineData("..%2F..%2Fetc")]
    [InlineData("%F0%9F%93%9A")]
    public async Task An_unknown_collection_is_not_found_whatever_its_name(string name)
    {
        using var response = await Api.SendAsync(HttpMethod.Get, $"/v1/collections/{name}");

        await Json.ProblemAsync(response, HttpStatusCode.NotFound, "collection-not-found");
    }

    [Theory]
    [InlineData("Upper")]
    [InlineData("-x")]
    [InlineData("a b")]
    [InlineData("")]
    [InlineData("../etc")]
    public async Task A_collection_needs_a_fit_name(string name)
    {
        using var response = await Api.SendAsync(HttpMethod.Post, "/v1/collections", Json.Body(new { name }));

        await Json.ProblemAsync(response, HttpStatusCode.BadRequest, "invalid-name");
    }

    [Fact]
    public async Task A_second_collection_of_a_name_is_a_conflict()
    {
        using var response = await Api.SendAsync(HttpMethod.Post, "/v1/collections", Json.Body(new { name = _collection }));

        await Json.ProblemAsync(response, HttpStatusCode.Conflict, "collection-exists");
    }

    [Fact]
    public async Task A_url_is_refused_until_its_fetch_rules_exist()
    {
        using var response = await Api.SendAsync(HttpMethod.Post, Documents, Json.Body("""{"url":"http://169.254.169.254/latest"}"""));

        await Json.ProblemAsync(response, (HttpStatusCode)422, "url-disabled");
    }

    [Fact]
    public async Task Metadata_over_16_KB_is_refused()
    {
        using var response = await Api.SendAsync(HttpMethod.Post, Documents, Json.Body(new { text = "x", metadata = new { note = new string('n', 17_000) } }));

        await Json.ProblemAsync(response, HttpStatusCode.BadRequest, "invalid-request");
    }

    [Fact]
    public async Task A_json_body_over_the_limit_is_refused()
    {
        using var response = await Api.SendAsync(HttpMethod.Post, $"/v1/collections/{_collection}/search", Json.Body(new { query = new string('x', 1_100_000) }));

        await Json.ProblemAsync(response, HttpStatusCode.RequestEntityTooLarge, "body-too-large");
    }

    [Fact]
    public async Task Another_content_type_is_told_what_is_read()
    {
        using var search = await Api.SendAsync(HttpMethod.Post, $"/v1/collections/{_collection}/search", new StringContent("query=x", Encoding.UTF8, "application/x-www-form-urlencoded"));
        using var upload = await Api.SendAsync(HttpMethod.Post, Documents, new StringContent("<a/>", Encoding.UTF8, "text/xml"));

        await Json.ProblemAsync(search, HttpStatusCode.UnsupportedMediaType, "unsupported-media-type");
        await Json.ProblemAsync(upload, HttpStatusCode.UnsupportedMediaType, "unsupported-media-type");
    }

    [Fact]
    public async Task An_unknown_path_and_another_method_are_problems_too()
    {
        using var path = await Api.SendAsync(HttpMethod.Get, "/v1/nowhere");
        using var method = await Api.SendAsync(HttpMethod.Put, "/v1/collections");

        await Json.ProblemAsync(path, HttpStatusCode.NotFound, "not-found");
        var problem = await Json.ProblemAsync(method, HttpStatusCode.MethodNotAllowed, "method-not-allowed");
        Assert.Contains("GET", (string)problem["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_document_of_another_collection_is_not_found_here()
    {
        var client = Api.Client();
        var other = await client.CreateCollectionAsync(new CreateCollection($"{_collection}-other"));
        var id = (await client.AddTextAsync(other.Name, new TextDocument("Text."))).Items[0].Id!.Value;

        foreach (var path in (string[])["", "/content", "/text", "/chunks"])
        {
            using var response = await Api.SendAsync(HttpMethod.Get, $"{Documents}/{id}{path}");
            await Json.ProblemAsync(response, HttpStatusCode.NotFound, "document-not-found");
        }
    }

    [Fact]
    public async Task Too_many_or_no_ids_to_delete_are_refused()
    {
        using var none = await Api.SendAsync(HttpMethod.Post, $"{Documents}/delete", Json.Body("""{"ids":[]}"""));
        using var many = await Api.SendAsync(HttpMethod.Post, $"{Documents}/delete", Json.Body(new { ids = Enumerable.Range(0, 201).Select(static _ => Guid.NewGuid()) }));
        using var wrong = await Api.SendAsync(HttpMethod.Post, $"{Documents}/delete", Json.Body("""{"ids":["7"]}"""));

        await Json.ProblemAsync(none, HttpStatusCode.BadRequest, "invalid-request");
        await Json.ProblemAsync(many, HttpStatusCode.BadRequest, "invalid-request");
        var problem = await Json.ProblemAsync(wrong, HttpStatusCode.BadRequest, "invalid-request");
        Assert.Equal("must be a UUID, but is a string.", (string?)problem["errors"]!["ids[0]"]![0]);
    }

    [Fact]
    public async Task Problems_never_hold_what_the_server_is_made_of()
    {
        using var response = await Api.SendAsync(HttpMethod.Post, $"/v1/collections/{_collection}/search", Json.Body("""{"query":{"a":1}}"""));

        var text = (await Json.ReadAsync(response)).ToJsonString();
        Assert.DoesNotContain("System.", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Rag.", text, StringComparison.Ordinal);
    }
}
