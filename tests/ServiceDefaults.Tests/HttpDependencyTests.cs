using System.Net;
using Microsoft.Extensions.DependencyInjection;
using RagPlatform.ServiceDefaults.Resilience;

namespace ServiceDefaults.Tests;

public sealed class HttpDependencyTests
{
    private static readonly HttpDependencyOptions Fast = new() { FirstWait = TimeSpan.FromMilliseconds(1), Retries = 2 };

    [Theory]
    [InlineData("GET", 3)]
    [InlineData("HEAD", 3)]
    [InlineData("POST", 1)]
    [InlineData("PUT", 1)]
    [InlineData("DELETE", 1)]
    [InlineData("PATCH", 1)]
    public async Task Only_what_changes_nothing_is_asked_again(string method, int attempts)
    {
        var script = new Script(static _ => new HttpResponseMessage(HttpStatusCode.ServiceUnavailable));

        using var response = await SendAsync(script, Fast, method);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(attempts, script.Attempts);
    }

    [Fact]
    public async Task The_first_success_ends_it()
    {
        var script = new Script(static attempt => attempt < 2
            ? throw new HttpRequestException("refused")
            : new HttpResponseMessage(HttpStatusCode.OK));

        using var response = await SendAsync(script, Fast);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(2, script.Attempts);
    }

    [Theory]
    [InlineData(HttpStatusCode.NotFound)]
    [InlineData(HttpStatusCode.Unauthorized)]
    [InlineData(HttpStatusCode.InternalServerError)]
    public async Task What_will_not_change_is_not_asked_again(HttpStatusCode status)
    {
        var script = new Script(_ => new HttpResponseMessage(status));

        using var response = await SendAsync(script, Fast);

        Assert.Equal(1, script.Attempts);
    }

    [Fact]
    public async Task A_dependency_that_hangs_is_given_up_in_words()
    {
        var script = new Script(delay: Timeout.InfiniteTimeSpan);

        var failure = await Assert.ThrowsAsync<HttpRequestException>(
            () => SendAsync(script, Fast with { AttemptTimeout = TimeSpan.FromMilliseconds(50), Retries = 1 }));

        Assert.Contains("did not answer within", failure.Message, StringComparison.Ordinal);
        Assert.Equal(2, script.Attempts);
    }

    [Fact]
    public async Task The_callers_cancellation_is_no_time_out()
    {
        using var cancellation = new CancellationTokenSource();
        var script = new Script(delay: Timeout.InfiniteTimeSpan, started: cancellation.Cancel);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => SendAsync(script, Fast, cancellationToken: cancellation.Token));

        Assert.Equal(1, script.Attempts);
    }

    private static async Task<HttpResponseMessage> SendAsync(
        Script script, HttpDependencyOptions options, string method = "GET", CancellationToken cancellationToken = default)
    {
        var services = new ServiceCollection();
        services.AddHttpDependency("dependency", options).ConfigurePrimaryHttpMessageHandler(() => script);
        await using var provider = services.BuildServiceProvider();
        using var request = new HttpRequestMessage(new HttpMethod(method), "http://dependency.example/");
        return await provider.GetRequiredService<IHttpClientFactory>().CreateClient("dependency").SendAsync(request, cancellationToken);
    }

    private sealed class Script(Func<int, HttpResponseMessage>? answer = null, TimeSpan? delay = null, Action? started = null) : HttpMessageHandler
    {
        public int Attempts { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Attempts++;
            started?.Invoke();
            if (delay is { } wait)
            {
                await Task.Delay(wait, cancellationToken);
            }

            return answer!(Attempts);
        }
    }
}
