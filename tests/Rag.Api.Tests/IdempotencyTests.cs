using System.Net;
using System.Text;
using Rag.Api.Tests.Support;
using Rag.Client;

namespace Rag.Api.Tests;

[Collection(Postgres.Name)]
public sealed class IdempotencyTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    private readonly string _key = Guid.NewGuid().ToString();

    private ApiHost Api => fixture.Api;

    [Fact]
    public async Task The_same_request_again_gives_the_same_answer_and_does_nothing()
    {
        var first = await Api.Client().CreateCollectionAsync(new CreateCollection("repeated"), _key);
        using var again = await PostAsync("/v1/collections", """{"name":"repeated"}""");

        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
        Assert.Equal("true", Assert.Single(again.Headers.GetValues("Idempotency-Replayed")));
        Assert.Equal("/v1/collections/repeated", again.Headers.Location?.OriginalString);
        Assert.Equal(first.Id.ToString(), (string?)(await Json.ReadAsync(again))["id"]);
    }

    [Fact]
    public async Task Another_body_with_the_same_key_is_refused()
    {
        await Api.Client().CreateCollectionAsync(new CreateCollection("first-body"), _key);
        using var other = await PostAsync("/v1/collections", """{"name":"other-body"}""");

        await Json.ProblemAsync(other, (HttpStatusCode)422, "idempotency-key-reused");
        Assert.Equal(
            "collection-not-found", (await Assert.ThrowsAsync<RagApiException>(() => Api.Client().GetCollectionAsync("other-body"))).Code);
    }

    [Fact]
    public async Task A_failure_is_not_kept()
    {
        using var failed = await PostAsync("/v1/collections", """{"name":"Not Fit"}""");
        using var corrected = await PostAsync("/v1/collections", """{"name":"now-fit"}""");

        await Json.ProblemAsync(failed, HttpStatusCode.BadRequest, "invalid-name");
        Assert.Equal(HttpStatusCode.Created, corrected.StatusCode);
    }

    [Fact]
    public async Task An_upload_is_compared_by_its_parts()
    {
        await Api.Client().CreateCollectionAsync(new CreateCollection("uploads"));
        var first = await UploadAsync("uploads", "a.txt", "One text.");
        // Another boundary, the same parts: the answer is that of the first, not "unchanged".
        var again = await UploadAsync("uploads", "a.txt", "One text.");
        var other = await Assert.ThrowsAsync<RagApiException>(() => UploadAsync("uploads", "a.txt", "Another text."));
        var renamed = await Assert.ThrowsAsync<RagApiException>(() => UploadAsync("uploads", "b.txt", "One text."));

        Assert.Equal(SubmissionStatus.Queued, first.Items[0].Status);
        Assert.Equal(first.Items[0], again.Items[0]);
        Assert.Equal("idempotency-key-reused", other.Code);
        Assert.Equal("idempotency-key-reused", renamed.Code);
        Assert.Single((await Api.Client().ListDocumentsAsync("uploads")).Items);
    }

    [Fact]
    public async Task A_repeated_key_creation_makes_one_key_and_shows_it_once()
    {
        const string body = """{"name":"once","scopes":["read"]}""";
        using var first = await PostAsync("/v1/keys", body);
        using var again = await PostAsync("/v1/keys", body);

        var created = await Json.ReadAsync(first);
        var replayed = await Json.ReadAsync(again);
        Assert.NotNull(created["key"]);
        Assert.Null(replayed["key"]);
        Assert.Equal((string?)created["id"], (string?)replayed["id"]);
        Assert.Single((await Api.Client().ListKeysAsync(200)).Items, static key => key.Name == "once");
    }

    [Fact]
    public async Task Keys_of_other_callers_and_other_paths_do_not_meet()
    {
        var other = await Api.Client().CreateKeyAsync(new CreateKey("other caller", [KeyScope.Admin]));
        await Api.Client().CreateCollectionAsync(new CreateCollection("by-one"), _key);

        Assert.Equal("by-two", (await Api.Client(other.Key).CreateCollectionAsync(new CreateCollection("by-two"), _key)).Name);
        Assert.Equal(
            SubmissionStatus.Queued, (await Api.Client().AddTextAsync("by-one", new TextDocument("Text."), _key)).Items[0].Status);
    }

    [Fact]
    public async Task Of_many_at_once_one_does_the_work()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => PostAsync("/v1/collections", """{"name":"raced"}""")));

        try
        {
            Assert.All(answers, static answer => Assert.Contains(answer.StatusCode, (HttpStatusCode[])[HttpStatusCode.Created, HttpStatusCode.Conflict]));
            Assert.Single(answers, static answer => answer.StatusCode == HttpStatusCode.Created && !answer.Headers.Contains("Idempotency-Replayed"));
            foreach (var answer in answers.Where(static answer => answer.StatusCode == HttpStatusCode.Conflict))
            {
                await Json.ProblemAsync(answer, HttpStatusCode.Conflict, "request-in-progress");
            }
        }
        finally
        {
            Array.ForEach(answers, static answer => answer.Dispose());
        }
    }

    [Fact]
    public async Task A_key_that_is_too_long_is_refused()
    {
        using var response = await Api.SendAsync(
            HttpMethod.Post, "/v1/collections", Json.Body("""{"name":"long"}"""), headers: ("Idempotency-Key", new string('k', 201)));

        await Json.ProblemAsync(response, HttpStatusCode.BadRequest, "invalid-request");
    }

    private Task<HttpResponseMessage> PostAsync(string path, string body) =>
        Api.SendAsync(HttpMethod.Post, path, Json.Body(body), headers: ("Idempotency-Key", _key));

    private async Task<Submission> UploadAsync(string collection, string name, string text)
    {
        await using var content = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return await Api.Client().UploadAsync(collection, [new UploadFile(name, content)], new UploadOptions(IdempotencyKey: _key));
    }
}
