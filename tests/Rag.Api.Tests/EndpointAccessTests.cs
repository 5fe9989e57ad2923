using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Rag.Api.Auth;
using Rag.Api.Tests.Support;
using Rag.Client;

namespace Rag.Api.Tests;

/// <summary>Every route there is, asked with every kind of key: a new route without a rule fails here.</summary>
[Collection(Postgres.Name)]
public sealed class EndpointAccessTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    private ApiHost Api => fixture.Api;

    [Fact]
    public void Only_health_the_description_and_the_sign_in_link_are_open()
    {
        var open = Endpoints().Where(IsOpen).Select(static endpoint => endpoint.RoutePattern.RawText!.TrimEnd('/')).Order(StringComparer.Ordinal);

        Assert.Equal(
            ["/health", "/health/live", "/health/ready", "/health/startup", "/openapi/{documentName}.json", "/v1/session/redeem"], open);
    }

    [Fact]
    public void Every_other_endpoint_names_what_it_needs()
    {
        var closed = Endpoints().Where(static endpoint => !IsOpen(endpoint)).ToList();

        Assert.True(closed.Count >= 20, $"Only {closed.Count} endpoints were found.");
        Assert.All(closed, static endpoint => Assert.NotNull(endpoint.Metadata.GetMetadata<RequiredScope>()));
    }

    [Fact]
    public async Task Without_a_key_nothing_is_told()
    {
        foreach (var (method, path, _) in Closed())
        {
            using var response = await Api.SendAsync(method, path, BodyFor(method), bearer: null);
            await Json.ProblemAsync(response, HttpStatusCode.Unauthorized, "key-missing");
            Assert.Contains("Bearer", response.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_unknown_and_a_revoked_key_are_told_the_same()
    {
        var revoked = await Api.Client().CreateKeyAsync(new CreateKey("soon gone", [KeyScope.Read, KeyScope.Write, KeyScope.Admin]));
        await Api.Client(revoked.Key).GetSessionAsync();
        await Api.Client().RevokeKeyAsync(revoked.Id);

        foreach (var (method, path, _) in Closed())
        {
            using var unknown = await Api.SendAsync(method, path, BodyFor(method), bearer: "rag_nobody-ever-made-this-key-0123456789");
            using var gone = await Api.SendAsync(method, path, BodyFor(method), bearer: revoked.Key);
            var first = await Json.ProblemAsync(unknown, HttpStatusCode.Unauthorized, "key-unknown");
            var second = await Json.ProblemAsync(gone, HttpStatusCode.Unauthorized, "key-unknown");
            Assert.Equal((string?)first["detail"], (string?)second["detail"]);
        }
    }

    [Fact]
    public async Task Each_scope_opens_its_own_routes_and_no_others()
    {
        foreach (var scope in Enum.GetValues<KeyScope>())
        {
            var key = await Api.Client().CreateKeyAsync(new CreateKey($"only {scope}", [scope]));
            foreach (var (method, path, required) in Closed())
            {
                using var response = await Api.SendAsync(method, path, BodyFor(method), key.Key);
                if (required is null || required.ToString() == scope.ToString())
                {
                    Assert.False(
                        response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden, $"{method} {path} refused the scope {scope}: {response.StatusCode}");
                }
                else
                {
                    var problem = await Json.ProblemAsync(response, HttpStatusCode.Forbidden, "scope-missing");
                    Assert.Contains(required.ToString()!.ToLowerInvariant(), (string)problem["detail"]!, StringComparison.Ordinal);
                }
            }
        }
    }

    [Fact]
    public async Task A_key_in_a_cookie_or_in_the_address_is_no_key()
    {
        using var cookie = await Api.SendAsync(HttpMethod.Get, "/v1/collections", bearer: null, headers: ("Cookie", $"session={ApiHost.Key}; Authorization=Bearer {ApiHost.Key}"));
        using var query = await Api.SendAsync(HttpMethod.Get, $"/v1/collections?access_token={ApiHost.Key}&key={ApiHost.Key}", bearer: null);

        await Json.ProblemAsync(cookie, HttpStatusCode.Unauthorized, "key-missing");
        await Json.ProblemAsync(query, HttpStatusCode.Unauthorized, "key-missing");
    }

    [Fact]
    public async Task A_page_of_another_origin_gets_no_permission_to_read()
    {
        using var response = await Api.SendAsync(HttpMethod.Get, "/v1/collections", headers: [("Origin", "https://elsewhere.example"), ("Sec-Fetch-Site", "cross-site")]);

        Assert.DoesNotContain(response.Headers, static header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
    }

    private IEnumerable<RouteEndpoint> Endpoints() =>
        Api.Services.GetServices<EndpointDataSource>().SelectMany(static source => source.Endpoints).OfType<RouteEndpoint>();

    private IEnumerable<(HttpMethod Method, string Path, Scope? Required)> Closed() =>
        from endpoint in Endpoints()
        where !IsOpen(endpoint)
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
        let path = endpoint.RoutePattern.RawText!.Replace("{name}", "nothing-here", StringComparison.Ordinal)
            .Replace("{id}", Guid.NewGuid().ToString(), StringComparison.Ordinal)
        select (new HttpMethod(method), path.TrimEnd('/'), endpoint.Metadata.GetMetadata<RequiredScope>()?.Scope);

    private static bool IsOpen(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null;

    private static StringContent? BodyFor(HttpMethod method) => method == HttpMethod.Post || method == HttpMethod.Patch ? Json.Body("{}") : null;
}
