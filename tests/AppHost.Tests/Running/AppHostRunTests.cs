using System.Net;

namespace AppHost.Tests.Running;

/// <summary>The real app host with its servers and services, through the testing builder alone, so on Aspire's orchestrator as well.</summary>
public sealed class AppHostRunTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Everything_starts_becomes_healthy_and_answers()
    {
        using var timeout = new CancellationTokenSource(Patience);
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(["Ephemeral=true"], timeout.Token);
        await using var app = await builder.BuildAsync(timeout.Token);
        await app.StartAsync(timeout.Token);

        await app.ResourceNotifications.WaitForResourceHealthyAsync("rag-api", timeout.Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("rag-ingest", timeout.Token);
        using var client = app.CreateHttpClient("rag-api");
        using var response = await client.GetAsync(new Uri("/health/live", UriKind.Relative), timeout.Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("Database=ragdb", await app.GetConnectionStringAsync("ragdb", timeout.Token), StringComparison.Ordinal);

        await app.StopAsync(timeout.Token);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri("/health/live", UriKind.Relative), timeout.Token));
    }

    [Fact]
    public async Task A_test_can_change_the_model_before_it_is_built()
    {
        using var timeout = new CancellationTokenSource(Patience);
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(["Ephemeral=true"], timeout.Token);
        Assert.True(builder.ExecutionContext.IsRunMode);
        foreach (var resource in builder.Resources.Where(resource => resource.Name != "sign-in-token").ToList())
        {
            builder.Resources.Remove(resource);
        }

        await using var app = await builder.BuildAsync(timeout.Token);
        await app.StartAsync(timeout.Token);
        await app.ResourceNotifications.WaitForResourceAsync("sign-in-token", KnownResourceStates.Running, timeout.Token);
        Assert.False(app.ResourceNotifications.TryGetCurrentState("rag-api", out _));
    }
}
