using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Rag.Core.Caching;

namespace Rag.Core.Embedding;

/// <summary>Registers the embedder that the configuration names.</summary>
public static class EmbeddingRegistration
{
    /// <summary>
    /// Adds <see cref="IEmbedder"/> as a singleton, unless <c>Rag:Embedding:Provider</c> is <c>none</c>: whoever uses it takes
    /// <c>IEmbedder? embedder = null</c>. A model's vectors are shared by Redis where <c>AddRagCache</c> finds one. A second call is harmless.
    /// </summary>
    public static IServiceCollection AddRagEmbedding(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        var section = configuration.GetSection(EmbeddingOptions.Section);
        services.AddOptions<EmbeddingOptions>().Bind(section).ValidateDataAnnotations()
            .Validate(
                static o => o.Provider != EmbeddingProvider.OpenAI || (o.BaseUrl is { IsAbsoluteUri: true } && !string.IsNullOrWhiteSpace(o.Model) && o.Dimensions is not null),
                "Rag:Embedding:Provider=openai needs Rag:Embedding:BaseUrl (such as http://localhost:11434/v1), Rag:Embedding:Model and Rag:Embedding:Dimensions.")
            .ValidateOnStart();
        services.TryAddSingleton<EmbeddingTelemetry>();
        // Whether the service exists at all depends on the provider, so that is read here and not from the options.
        switch (section.GetValue(nameof(EmbeddingOptions.Provider), new EmbeddingOptions().Provider))
        {
            case EmbeddingProvider.Local:
                services.TryAddSingleton<IEmbedder>(static p => new LocalEmbedder(
                    p.GetRequiredService<IOptions<EmbeddingOptions>>().Value.Dimensions ?? LocalEmbedder.DefaultDimensions));
                break;
            case EmbeddingProvider.OpenAI:
                services.TryAddSingleton<IEmbedder>(static p =>
                {
                    var options = p.GetRequiredService<IOptions<EmbeddingOptions>>().Value;
                    var telemetry = p.GetRequiredService<EmbeddingTelemetry>();
                    IEmbedder model = new ModelEmbedder(OpenAIEmbeddingGenerator.Create(options), options);
                    if (p.GetService<CacheConnection>() is { IsConfigured: true } cache)
                    {
                        model = new SharedCachingEmbedder(model, cache, p.GetRequiredService<IOptions<CacheOptions>>().Value.EmbeddingLifetime, telemetry);
                    }

                    return new QueryCachingEmbedder(model, options.CachedQueries, telemetry);
                });
                break;
            case EmbeddingProvider.None:
            default:
                break;
        }

        return services;
    }
}
