using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Rag.Core.Embedding;

/// <summary>Registers the embedder that the configuration names.</summary>
public static class EmbeddingRegistration
{
    /// <summary>
    /// Adds <see cref="IEmbedder"/> as a singleton, unless <c>Rag:Embedding:Provider</c> is <c>none</c>: whoever uses it takes
    /// <c>IEmbedder? embedder = null</c>. A second call is harmless.
    /// </summary>
    public static IServiceCollection AddRagEmbedding(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        var section = configuration.GetSection(EmbeddingOptions.Section);
        services.AddOptions<EmbeddingOptions>().Bind(section).ValidateDataAnnotations().ValidateOnStart();
        // Read here and not from the options, because whether the service exists at all depends on it.
        switch (section.GetValue(nameof(EmbeddingOptions.Provider), new EmbeddingOptions().Provider))
        {
            case EmbeddingProvider.Local:
                services.TryAddSingleton<IEmbedder>(new LocalEmbedder(section.GetValue(nameof(EmbeddingOptions.Dimensions), 256)));
                break;
            case EmbeddingProvider.None:
            default:
                break;
        }

        return services;
    }
}
