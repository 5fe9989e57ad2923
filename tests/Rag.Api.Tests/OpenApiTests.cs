using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Rag.Api.Auth;
using Rag.Api.Tests.Support;

namespace Rag.Api.Tests;

[Collection(Postgres.Name)]
public sealed class OpenApiTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task The_description_has_every_route_with_its_right_and_needs_no_key()
    {
        using var response = await fixture.Api.SendAsync(HttpMethod.Get, "/openapi/v1.json", bearer: null);
        var paths = (await Json.ReadAsync(response))["paths"]!.AsObject();

        var routes = fixture.Api.Services.GetServices<EndpointDataSource>().SelectMany(static source => source.Endpoints).OfType<RouteEndpoint>()
            .Where(static route => !route.RoutePattern.RawText!.StartsWith("/openapi", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(routes);
        foreach (var route in routes)
        {
            foreach (var method in route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods)
            {
                var operation = paths[route.RoutePattern.RawText!.TrimEnd('/')]?[method.ToLowerInvariant()] as JsonObject;
                Assert.True(operation is not null, $"{method} {route.RoutePattern.RawText} is not described.");
                Assert.NotEmpty((string?)operation["operationId"] ?? "");
                Assert.Equal(route.Metadata.GetMetadata<RequiredScope>() is not null, operation["security"] is not null);
            }
        }
    }

    [Fact]
    public async Task Bodies_and_answers_are_described()
    {
        using var response = await fixture.Api.SendAsync(HttpMethod.Get, "/openapi/v1.json", bearer: null);
        var paths = (await Json.ReadAsync(response))["paths"]!;

        var submit = paths["/v1/collections/{name}/documents"]!["post"]!;
        Assert.NotNull(submit["requestBody"]!["content"]!["multipart/form-data"]);
        Assert.NotNull(submit["requestBody"]!["content"]!["application/json"]);
        Assert.NotNull(submit["responses"]!["202"]);
        var status = paths["/v1/collections/{name}/documents"]!["get"]!["parameters"]!.AsArray().Single(static parameter => (string?)parameter!["name"] == "status")!;
        Assert.Equal(["queued", "processing", "ready", "failed"], status["schema"]!["enum"]!.AsArray().Select(static name => (string?)name));
        var search = paths["/v1/collections/{name}/search"]!["post"]!;
        Assert.NotNull(search["requestBody"]!["content"]!["application/json"]!["schema"]);
        Assert.NotNull(search["responses"]!["200"]!["content"]!["application/json"]!["schema"]);
        Assert.NotNull(search["responses"]!["default"]!["content"]!["application/problem+json"]);
    }
}
