using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Rag.Core.Embedding;
using Rag.Core.Indexing;
using Rag.Core.Storage;

namespace Rag.Core.Retrieval;

/// <summary>Registers search.</summary>
public static class RetrievalRegistration
{
    /// <summary>
    /// Adds <see cref="RetrievalService"/>, the index under it and what keeps the index up to date. Needs
    /// <see cref="StorageRegistration.AddRagStorage"/>; takes an embedder where <see cref="EmbeddingRegistration.AddRagEmbedding"/> added one.
    /// A second call is harmless.
    /// </summary>
    public static IServiceCollection AddRagRetrieval(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        if (services.Any(static s => s.ServiceType == typeof(RetrievalService)))
        {
            return services;
        }

        services.AddOptions<RerankOptions>().Bind(configuration.GetSection(RerankOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<RetrievalTelemetry>();
        services.AddRagIndexReader(configuration);
        services.AddSingleton<EvidenceReader>();
        services.AddSingleton(static p => new RetrievalService(
            p.GetRequiredService<IIndexReader>(),
            p.GetRequiredService<EvidenceReader>(),
            p.GetRequiredService<RetrievalTelemetry>(),
            p.GetRequiredService<IOptions<IndexOptions>>(),
            p.GetRequiredService<IOptions<RerankOptions>>(),
            p.GetService<IEmbedder>()));
        return services;
    }
}
