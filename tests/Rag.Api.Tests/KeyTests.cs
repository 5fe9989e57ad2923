using System.Net;
using Npgsql;
using Rag.Api.Auth;
using Rag.Api.Tests.Support;
using Rag.Client;
using Rag.Testing;

namespace Rag.Api.Tests;

[Collection(Postgres.Name)]
public sealed class KeyTests(ApiFixture fixture, PostgresFixture postgres) : IClassFixture<ApiFixture>
{
    private ApiHost Api => fixture.Api;

    [Fact]
    public async Task A_key_is_shown_once_and_stored_as_a_hash()
    {
        var created = await Api.Client().CreateKeyAsync(new CreateKey("reader", [KeyScope.Read]));

        Assert.Matches("^rag_[0-9a-f]{32}_[0-9A-Za-z]{51,}$", created.Key);
        Assert.True(BearerText.HasValidCrc(created.Key!));
        Assert.Equal("reader", (await Api.Client(created.Key).GetSessionAsync()).KeyName);
        var listed = (await Api.Client().ListKeysAsync()).Items.Single(key => key.Id == created.Id);
        Assert.Null(listed.Key);
        Assert.Equal(0L, await ScalarAsync<long>(
            $"select count(*) from api_keys k where k::text like '%{created.Key![^20..]}%'"));
    }

    [Fact]
    public async Task A_revoked_key_and_its_sessions_end_at_once()
    {
        var key = await Api.Client().CreateKeyAsync(new CreateKey("short lived", [KeyScope.Read]));
        var session = await Api.Client(key.Key).StartSessionAsync();
        await Api.Client(session.Token).GetSessionAsync();

        await Api.Client().RevokeKeyAsync(key.Id);

        await RefusedAsync(key.Key!);
        await RefusedAsync(session.Token);
        var again = await Assert.ThrowsAsync<RagApiException>(() => Api.Client().RevokeKeyAsync(key.Id));
        Assert.Equal("key-not-found", again.Code);
    }

    [Fact]
    public async Task A_key_ends_when_it_expires()
    {
        var key = await Api.Client().CreateKeyAsync(new CreateKey("soon over", [KeyScope.Read], Expires: DateTimeOffset.UtcNow.AddSeconds(2)));
        await Api.Client(key.Key).GetSessionAsync();

        await Eventually.TrueAsync(
            async () =>
            {
                using var response = await Api.SendAsync(HttpMethod.Get, "/v1/session", bearer: key.Key);
                return response.StatusCode == HttpStatusCode.Unauthorized;
            },
            TimeSpan.FromSeconds(20),
            "the key has expired");
    }

    [Fact]
    public async Task A_key_that_ends_makes_none_that_lasts_longer_not_even_by_a_session()
    {
        var end = DateTimeOffset.UtcNow.AddDays(2);
        var key = await Api.Client().CreateKeyAsync(new CreateKey("two days", [KeyScope.Read, KeyScope.Admin], Expires: end));
        var session = await Api.Client(key.Key).StartSessionAsync();

        foreach (var bearer in (string[])[key.Key!, session.Token])
        {
            Assert.Equal("invalid-request", (await Assert.ThrowsAsync<RagApiException>(() => Api.Client(bearer).CreateKeyAsync(new CreateKey("for ever", [KeyScope.Read])))).Code);
            Assert.Equal(
                "invalid-request", (await Assert.ThrowsAsync<RagApiException>(() => Api.Client(bearer).CreateKeyAsync(new CreateKey("longer", [KeyScope.Read], Expires: end.AddDays(1))))).Code);
            Assert.Equal("shorter", (await Api.Client(bearer).CreateKeyAsync(new CreateKey("shorter", [KeyScope.Read], Expires: end.AddDays(-1)))).Name);
        }
    }

    [Fact]
    public async Task A_key_revoked_in_one_process_ends_in_another_within_the_time_that_answers_are_kept()
    {
        await using var other = await ApiHost.StartReadyAsync(Api.ConnectionString);
        var key = await Api.Client().CreateKeyAsync(new CreateKey("seen by both", [KeyScope.Read]));
        await other.Client(key.Key).GetSessionAsync();
        await Api.Client().RevokeKeyAsync(key.Id);

        await Eventually.TrueAsync(
            async () =>
            {
                using var response = await other.SendAsync(HttpMethod.Get, "/v1/session", bearer: key.Key);
                return response.StatusCode == HttpStatusCode.Unauthorized;
            },
            Authenticator.CacheTime + TimeSpan.FromSeconds(5),
            "the other process refuses the key");
    }

    [Fact]
    public async Task A_key_that_is_confined_sees_its_collections_only()
    {
        var client = Api.Client();
        await client.CreateCollectionAsync(new CreateCollection("mine"));
        await client.CreateCollectionAsync(new CreateCollection("theirs"));
        var key = await client.CreateKeyAsync(new CreateKey("confined", [KeyScope.Read, KeyScope.Write, KeyScope.Admin], ["mine"]));
        var confined = Api.Client(key.Key);

        Assert.Equal(["mine"], (await confined.ListCollectionsAsync()).Items.Select(static collection => collection.Name));
        Assert.Equal(["mine"], (await confined.GetSessionAsync()).Collections);
        foreach (var attempt in (Func<Task>[])[
            () => confined.GetCollectionAsync("theirs"),
            () => confined.ListDocumentsAsync("theirs"),
            () => confined.AddTextAsync("theirs", new TextDocument("x")),
            () => confined.SearchAsync("theirs", new SearchRequest("x")),
            () => confined.AskAsync("theirs", new AskRequest("x")),
            () => confined.DeleteCollectionAsync("theirs")])
        {
            Assert.Equal("collection-not-found", (await Assert.ThrowsAsync<RagApiException>(attempt)).Code);
        }

        // And it cannot grow: neither by a new collection nor by a key with a wider reach.
        Assert.Equal("scope-missing", (await Assert.ThrowsAsync<RagApiException>(() => confined.CreateCollectionAsync(new CreateCollection("more")))).Code);
        Assert.Equal("scope-missing", (await Assert.ThrowsAsync<RagApiException>(() => confined.CreateKeyAsync(new CreateKey("wider", [KeyScope.Read])))).Code);
        Assert.Equal(
            "collection-not-found",
            (await Assert.ThrowsAsync<RagApiException>(() => confined.CreateKeyAsync(new CreateKey("other", [KeyScope.Read], ["theirs"])))).Code);
        var bootstrap = (await client.ListKeysAsync()).Items.Single(static item => item.Bootstrap);
        Assert.Equal("key-not-found", (await Assert.ThrowsAsync<RagApiException>(() => confined.RevokeKeyAsync(bootstrap.Id))).Code);
        Assert.DoesNotContain((await confined.ListKeysAsync()).Items, static item => item.Bootstrap);
    }

    [Fact]
    public async Task Renaming_a_collection_does_not_change_who_may_see_it()
    {
        var client = Api.Client();
        await client.CreateCollectionAsync(new CreateCollection("before"));
        var key = await client.CreateKeyAsync(new CreateKey("stays", [KeyScope.Read], ["before"]));
        await client.UpdateCollectionAsync("before", new UpdateCollection(Name: "after"));

        Assert.Equal("after", (await Api.Client(key.Key).GetCollectionAsync("after")).Name);
    }

    [Fact]
    public async Task Nobody_mints_above_his_own_rights()
    {
        var key = await Api.Client().CreateKeyAsync(new CreateKey("admin only", [KeyScope.Admin]));

        var failure = await Assert.ThrowsAsync<RagApiException>(() => Api.Client(key.Key).CreateKeyAsync(new CreateKey("writer", [KeyScope.Write])));

        Assert.Equal("scope-missing", failure.Code);
        Assert.Contains("write", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"name":"","scopes":["read"]}""", "name")]
    [InlineData("""{"name":"x","scopes":[]}""", "scopes")]
    [InlineData("""{"name":"x","scopes":["root"]}""", "scopes[0]")]
    [InlineData("""{"name":"x","scopes":["read"],"collections":[]}""", "collections")]
    [InlineData("""{"name":"x","scopes":["read"],"expires":"2001-01-01T00:00:00Z"}""", "expires")]
    [InlineData("""{"name":"x","scopes":["read"],"expires":"tomorrow"}""", "expires")]
    public async Task A_key_that_makes_no_sense_is_refused(string body, string field)
    {
        using var response = await Api.SendAsync(HttpMethod.Post, "/v1/keys", Json.Body(body));

        Assert.NotNull((await Json.ProblemAsync(response, HttpStatusCode.BadRequest, "invalid-request"))["errors"]![field]);
    }

    [Fact]
    public async Task A_session_ends_when_it_is_told_to()
    {
        var session = await Api.Client().StartSessionAsync();
        Assert.StartsWith("rags_", session.Token, StringComparison.Ordinal);
        Assert.InRange(session.Expires, DateTimeOffset.UtcNow.AddHours(11.9), DateTimeOffset.UtcNow.AddHours(12.1));

        await Api.Client(session.Token).EndSessionAsync();

        await RefusedAsync(session.Token);
        await Api.Client().GetSessionAsync();
    }

    [Fact]
    public async Task A_session_is_prolonged_by_use()
    {
        var session = await Api.Client().StartSessionAsync();
        await ScalarAsync<object>($"update sessions set expires = now() + interval '1 hour' where hash = '\\x{Convert.ToHexString(BearerText.HashOf(session.Token))}'");

        var told = await Api.Client(session.Token).GetSessionAsync();

        Assert.InRange(told.Expires!.Value, DateTimeOffset.UtcNow.AddHours(11.9), DateTimeOffset.UtcNow.AddHours(12.1));
        Assert.True(await ScalarAsync<bool>(
            $"select expires > now() + interval '11 hours' from sessions where hash = '\\x{Convert.ToHexString(BearerText.HashOf(session.Token))}'"));
    }

    [Fact]
    public async Task A_session_in_use_ends_thirty_days_after_it_was_opened()
    {
        var session = await Api.Client().StartSessionAsync();
        var row = $"where hash = '\\x{Convert.ToHexString(BearerText.HashOf(session.Token))}'";
        await ScalarAsync<object>($"update sessions set created = now() - interval '30 days' + interval '2 hours', expires = now() + interval '1 hour' {row}");

        await Api.Client(session.Token).GetSessionAsync();

        Assert.True(await ScalarAsync<bool>($"select expires = created + interval '30 days' from sessions {row}"));
    }

    [Fact]
    public async Task A_session_opens_no_other_session()
    {
        var session = await Api.Client().StartSessionAsync();

        using var refused = await Api.SendAsync(HttpMethod.Post, "/v1/session", bearer: session.Token);

        var problem = await Json.ProblemAsync(refused, HttpStatusCode.Unauthorized, "key-missing");
        Assert.Contains("with a key", (string)problem["detail"]!, StringComparison.Ordinal);
        await Api.Client(session.Token).GetSessionAsync();
    }

    [Fact]
    public async Task A_sign_in_link_opens_one_session_however_many_try()
    {
        await using var api = await ApiHost.StartReadyAsync(await postgres.CreateDatabaseAsync());

        var tries = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            using var response = await api.SendAsync(HttpMethod.Post, "/v1/session/redeem", Json.Body(new { token = ApiHost.SignInToken }), bearer: null);
            return (response.StatusCode, Body: await Json.ReadAsync(response));
        }));

        var (_, won) = Assert.Single(tries, static attempt => attempt.StatusCode == HttpStatusCode.Created);
        Assert.All(tries.Where(attempt => attempt.Body != won), static attempt => Assert.EndsWith("/link-used", (string?)attempt.Body["type"], StringComparison.Ordinal));
        Assert.Equal("bootstrap", (await api.Client((string?)won["session"]).GetSessionAsync()).KeyName);

        // A restart with the same token does not make it good again.
        await using var restarted = await ApiHost.StartReadyAsync(api.ConnectionString);
        using var later = await restarted.SendAsync(HttpMethod.Post, "/v1/session/redeem", Json.Body(new { token = ApiHost.SignInToken }), bearer: null);
        await Json.ProblemAsync(later, HttpStatusCode.Unauthorized, "link-used");
    }

    [Fact]
    public async Task Another_bootstrap_key_revokes_the_one_before()
    {
        const string next = "another-bootstrap-key-0123456789";
        var database = await postgres.CreateDatabaseAsync();
        string kept;
        await using (var before = await ApiHost.StartReadyAsync(database))
        {
            kept = (await before.Client().CreateKeyAsync(new CreateKey("kept", [KeyScope.Read]))).Key!;
        }

        await using var after = await ApiHost.StartReadyAsync(database, new Dictionary<string, string> { ["Rag:Auth:BootstrapKey"] = next });

        Assert.Equal("bootstrap", (await after.Client(next).GetSessionAsync()).KeyName);
        Assert.Equal("kept", (await after.Client(kept).GetSessionAsync()).KeyName);
        Assert.Equal("key-unknown", (await Assert.ThrowsAsync<RagApiException>(() => after.Client().GetSessionAsync())).Code);
    }

    [Fact]
    public async Task The_configured_key_is_ended_by_the_configuration_only()
    {
        var database = await postgres.CreateDatabaseAsync();
        Guid id;
        await using (var configured = await ApiHost.StartReadyAsync(database))
        {
            id = (await configured.Client().ListKeysAsync()).Items.Single(static key => key.Bootstrap).Id;
            using var refused = await configured.SendAsync(HttpMethod.Delete, $"/v1/keys/{id}");

            var problem = await Json.ProblemAsync(refused, HttpStatusCode.Conflict, "key-configured");
            Assert.Contains("Rag:Auth:BootstrapKey", (string)problem["detail"]!, StringComparison.Ordinal);
            await configured.Client().GetSessionAsync();
        }

        await using var without = await ApiHost.StartReadyAsync(database, new Dictionary<string, string> { ["Rag:Auth:BootstrapKey"] = "" });
        await without.Client().RevokeKeyAsync(id);

        Assert.Equal("key-unknown", (await Assert.ThrowsAsync<RagApiException>(() => without.Client().GetSessionAsync())).Code);
    }

    [Fact]
    public async Task A_bootstrap_key_in_a_file_is_taken_from_there()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "bootstrap-key-from-a-file-0123456789\n");
            await using var api = await ApiHost.StartReadyAsync(
                await postgres.CreateDatabaseAsync(), new Dictionary<string, string> { ["Rag:Auth:BootstrapKey"] = "", ["Rag:Auth:BootstrapKeyFile"] = file });

            Assert.Equal("bootstrap", (await api.Client("bootstrap-key-from-a-file-0123456789").GetSessionAsync()).KeyName);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private async Task RefusedAsync(string bearer)
    {
        using var response = await Api.SendAsync(HttpMethod.Get, "/v1/session", bearer: bearer);
        await Json.ProblemAsync(response, HttpStatusCode.Unauthorized, "key-unknown");
    }

    private async Task<T?> ScalarAsync<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(Api.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync() is T value ? value : default;
    }
}
