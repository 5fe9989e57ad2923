using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rag.Core.Storage;

namespace Rag.Core.Caching;

/// <summary>Registers what reaches Redis.</summary>
public static class CacheRegistration
{
    /// <summary>
    /// Adds <see cref="CacheConnection"/>, which starts with the host, and signals through it. Without <c>ConnectionStrings:cache</c> it is
    /// there and never answers. A second call changes nothing.
    /// </summary>
    public static IServiceCollection AddRagCache(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        if (services.Any(static service => service.ServiceType == typeof(CacheConnection)))
        {
            return services;
        }

        services.AddOptions<CacheOptions>().Bind(configuration.GetSection(CacheOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new CacheConnection(
            configuration.GetConnectionString("cache"),
            provider.GetRequiredService<IOptions<CacheOptions>>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<CacheConnection>>()));
        services.AddSingleton<IHostedService>(static provider => provider.GetRequiredService<CacheConnection>());
        services.AddSingleton<ISignalTransport, CacheSignals>();
        return services;
    }
}
