using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Rag.Testing;
using RagPlatform.ServiceDefaults.Problems;

namespace ServiceDefaults.Tests;

public sealed partial class ProblemTests
{
    [Theory]
    [InlineData("Production")]
    [InlineData("Development")]
    public async Task An_unexpected_failure_tells_nothing_of_the_inside(string environment)
    {
        await using var service = await StartAsync(environment);

        var problem = await ProblemAsync(service, HttpMethod.Get, "/throws", HttpStatusCode.InternalServerError, "internal");

        Assert.DoesNotContain("hunter2", problem.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mapped_failure_keeps_its_code_and_its_words()
    {
        await using var service = await StartAsync();

        var problem = await ProblemAsync(service, HttpMethod.Get, "/mapped", HttpStatusCode.Conflict, "collection-exists");

        Assert.Equal("Choose another name.", (string?)problem["detail"]);
    }

    [Fact]
    public async Task A_code_without_a_status_is_a_fault_of_ours()
    {
        await using var service = await StartAsync();

        await ProblemAsync(service, HttpMethod.Get, "/uncatalogued", HttpStatusCode.InternalServerError, "internal");
    }

    [Fact]
    public async Task Field_errors_are_listed()
    {
        await using var service = await StartAsync();

        var problem = await ProblemAsync(service, HttpMethod.Get, "/field", HttpStatusCode.BadRequest, "invalid-request");

        Assert.Equal("must be 1.", (string?)problem["errors"]!["limit"]![0]);
    }

    [Theory]
    [InlineData("GET", "/nowhere", HttpStatusCode.NotFound, "not-found")]
    [InlineData("DELETE", "/throws", HttpStatusCode.MethodNotAllowed, "method-not-allowed")]
    [InlineData("GET", "/number/abc", HttpStatusCode.BadRequest, "invalid-request")]
    [InlineData("GET", "/status/401", HttpStatusCode.Unauthorized, "key-missing")]
    [InlineData("GET", "/status/408", HttpStatusCode.RequestTimeout, "request-timeout")]
    public async Task Empty_answers_of_the_framework_become_problems(string method, string path, HttpStatusCode status, string code)
    {
        await using var service = await StartAsync();

        await ProblemAsync(service, new HttpMethod(method), path, status, code);
    }

    [Fact]
    public async Task A_wait_is_told_in_whole_seconds()
    {
        await using var service = await StartAsync();

        using var response = await service.Http.GetAsync("/busy");

        Assert.Equal("2", Assert.Single(response.Headers.GetValues("Retry-After")));
    }

    [Fact]
    public async Task An_answer_with_a_body_of_its_own_is_left_alone()
    {
        await using var service = await StartAsync();

        using var response = await service.Http.GetAsync("/own");

        Assert.Equal("mine", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public void The_table_of_codes_in_the_API_guide_is_the_one_in_the_code()
    {
        var guide = File.ReadAllText(Path.Combine(Repository.Root, "docs", "api.md"));
        var documented = Row().Matches(guide)
            .SelectMany(static row => Code().Matches(Remark().Replace(row.Groups["codes"].Value, "")).Select(code => (Code: code.Groups["code"].Value, Status: int.Parse(row.Groups["status"].Value, System.Globalization.CultureInfo.InvariantCulture))))
            .OrderBy(static entry => entry.Code, StringComparer.Ordinal);

        Assert.Equal(ProblemCatalog.Codes.Order(StringComparer.Ordinal).Select(static code => (code, ProblemCatalog.StatusOf(code)!.Value)), documented);
    }

    [Fact]
    public void Every_code_in_the_table_is_given_somewhere()
    {
        var sources = string.Concat(
            Directory.EnumerateDirectories(Repository.Root)
                .Where(static folder => Path.GetFileName(folder) is "ServiceDefaults" || Path.GetFileName(folder).StartsWith("Rag.", StringComparison.Ordinal))
                .SelectMany(static folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
                .Where(static file => Path.GetFileName(file) != "ProblemCatalog.cs")
                .Select(File.ReadAllText));

        // Those that CodeOf alone names come from the framework.
        Assert.All(ProblemCatalog.Codes, code => Assert.Contains($"\"{code}\"", sources, StringComparison.Ordinal));
    }

    private static Task<TestService> StartAsync(string environment = "Production") => TestService.StartAsync(
        static builder =>
        {
            builder.Services.AddSingleton<IProblemMapper, Mapper>();
            builder.Services.Configure<RouteHandlerOptions>(static options => options.ThrowOnBadRequest = true);
        },
        static app =>
        {
            app.MapGet("/throws", static string () => throw new InvalidOperationException("password=hunter2"));
            app.MapGet("/mapped", static string () => throw new MappedException("collection-exists", "Choose another name."));
            app.MapGet("/uncatalogued", static string () => throw new MappedException("never-heard-of", "x"));
            app.MapGet("/field", static string () => throw ProblemException.Field("limit", "must be 1."));
            app.MapGet("/busy", static string () => throw new ProblemException("rate-limited", "Wait.") { RetryAfter = TimeSpan.FromSeconds(1.2) });
            app.MapGet("/number/{n}", static (int n) => n);
            app.MapGet("/status/{code:int}", static (int code) => Results.StatusCode(code));
            app.MapGet("/own", static () => Results.Text("mine", statusCode: 404));
        },
        environment);

    private static async Task<JsonObject> ProblemAsync(TestService service, HttpMethod method, string path, HttpStatusCode status, string code)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Accept.ParseAdd("text/event-stream");
        using var response = await service.Http.SendAsync(request);
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject();
        Assert.Equal(ProblemCatalog.TypeRoot + code, (string?)problem["type"]);
        Assert.Equal((int)status, (int?)problem["status"]);
        Assert.Equal(path, (string?)problem["instance"]);
        return problem;
    }

    // | 404 | `collection-not-found`, `document-not-found` |
    [GeneratedRegex(@"^\| (?<status>\d{3}) \| (?<codes>`.*) \|\r?$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Row();

    [GeneratedRegex("`(?<code>[a-z-]+)`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Code();

    [GeneratedRegex(@"\([^)]*\)", RegexOptions.None, 1000)]
    private static partial Regex Remark();

    private sealed class MappedException(string code, string message) : Exception(message)
    {
        public string Code { get; } = code;
    }

    private sealed class Mapper : IProblemMapper
    {
        public ProblemException? Map(Exception exception) => exception is MappedException mapped ? new ProblemException(mapped.Code, mapped.Message) : null;
    }
}
