using Microsoft.AspNetCore.DataProtection;
using Rag.Web.Assets;
using Rag.Web.Pages;
using Rag.Web.Relay;
using Rag.Web.Security;
using RagPlatform.ServiceDefaults.Configuration;
using RagPlatform.ServiceDefaults.Health;
using RagPlatform.ServiceDefaults.Resilience;

namespace Rag.Web.Hosting;

/// <summary>Puts this site together.</summary>
internal static class WebApplicationParts
{
    // A person waits for these: better to say soon that the API is away. Streams and uploads do not go this way.
    private static readonly HttpDependencyOptions PageCalls = new()
    {
        AttemptTimeout = TimeSpan.FromSeconds(10),
        TotalTimeout = TimeSpan.FromSeconds(15),
        Retries = 1,
    };

    // Removing a large collection is one transaction that the API gives ten minutes.
    private static readonly HttpDependencyOptions Removals = new()
    {
        AttemptTimeout = TimeSpan.FromMinutes(11),
        TotalTimeout = TimeSpan.FromMinutes(11),
        Retries = 0,
    };

    public static void AddRagWeb(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddConfigurationSection<WebOptions>("Web");
        services.AddSingleton(static provider => ApiAddress.From(provider.GetRequiredService<IConfiguration>()));
        services.AddSingleton(AssetBundle.Load(typeof(AssetBundle).Assembly));
        services.AddSingleton<ApiTransport>();
        services.AddSingleton<Relayer>();
        services.AddSingleton<ApiClients>();
        services.AddSingleton<SignInLimit>();
        services.AddHttpDependency(ApiClients.PageCalls, PageCalls).ConfigureHttpClient(UseApiAddress);
        services.AddHttpDependency(ApiClients.Removals, Removals).ConfigureHttpClient(UseApiAddress);
        // A value that does not bind is told in words, in every environment alike (PageErrors).
        services.Configure<RouteHandlerOptions>(static options => options.ThrowOnBadRequest = true);
        services.AddReadinessCheck("api", CheckApiAsync);
        services.AddRazorComponents();
        // Razor components bring data protection along; nothing here uses it, so no key is written to disk or has to be shared.
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.AddRouting(static options => options.ConstraintMap[SlugConstraint.Name] = typeof(SlugConstraint));
    }

    public static void UseRagWeb(this WebApplication app)
    {
        // A wrong address is told at start, not by the first page.
        _ = app.Services.GetRequiredService<ApiAddress>();
        app.UseSecurityHeaders();
        app.UseHeadAsGet();
        app.UsePageErrors();
        app.UseOriginCheck();
        app.UseRouting();
        app.UseVisitorGate();
    }

    public static void MapRagWeb(this WebApplication app)
    {
        app.MapAssets();
        app.MapSignIn();
        app.MapCollections();
        app.MapDocuments();
        app.MapAsk();
        app.MapFailed();
        app.MapKeys();
        app.MapRelay();
        app.MapFallback("{**path}", static () => new MessagePage(
            404, "There is no such page", "The address may be mistyped, or what it named was renamed or deleted.", MessageAction.ToCollections));
    }

    private static void UseApiAddress(IServiceProvider provider, HttpClient client) =>
        client.BaseAddress = provider.GetRequiredService<ApiAddress>().Base;

    // Without the API every page says so in words, which is better than no page: degraded, not unready.
    private static async Task<DependencyHealth> CheckApiAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(services.GetRequiredService<ApiAddress>().Base, "health/live"));
            using var response = await services.GetRequiredService<ApiTransport>().SendAsync(request, cancellationToken);
            return response.IsSuccessStatusCode ? DependencyHealth.Well : DependencyHealth.Degraded($"The API answers {(int)response.StatusCode}.");
        }
        catch (HttpRequestException)
        {
            return DependencyHealth.Degraded("The API is not reachable.");
        }
        catch (OperationCanceledException)
        {
            return DependencyHealth.Degraded("The API does not answer in time.");
        }
    }
}
