using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rag.Core.Embedding;
using Rag.Core.Indexing.Embedded;
using Rag.Core.Indexing.Qdrant;
using Rag.Core.Retrieval;
using Rag.Core.Storage;

namespace Rag.Core.Indexing;

/// <summary>Registers the index that the configuration names: its reader where searches run, its writer where workers run.</summary>
public static class IndexRegistration
{
    /// <summary>Adds <see cref="IIndexReader"/>. <c>Rag:Index:Provider</c> decides; nothing switches because something is missing.</summary>
    internal static IServiceCollection AddRagIndexReader(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddIndexOptions(configuration);
        if (ProviderOf(configuration) == IndexProvider.Qdrant)
        {
            return services.AddQdrantIndex(configuration);
        }

        services.AddSingleton(static p => new EmbeddedIndex(
            p.GetRequiredService<Database>(), p.GetRequiredService<ILogger<EmbeddedIndex>>(), p.GetRequiredService<TimeProvider>(), p.GetService<IEmbedder>()));
        services.AddSingleton<IIndexReader>(static p => p.GetRequiredService<EmbeddedIndex>());
        services.AddSingleton<IIndexRebuilder, EmbeddedRebuilder>();
        return services.AddSingleton<IHostedService, IndexFollower>();
    }

    /// <summary>Adds what carries changes into an index outside of the database; for the embedded one, which follows by itself, only what ends the wait for another.</summary>
    public static IServiceCollection AddRagIndexWriter(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        services.AddIndexOptions(configuration);
        return ProviderOf(configuration) == IndexProvider.Qdrant
            ? services.AddQdrantProjector(configuration)
            : services.AddSingleton<IHostedService, WaitingDocuments>();
    }

    /// <summary>Null when the index is there, or lies in this process; else the reason in words.</summary>
    public static async Task<string?> CheckIndexAsync(this IServiceProvider services, CancellationToken cancellationToken)
    {
        if (services.GetService<QdrantClient>() is not { } qdrant)
        {
            return null;
        }

        try
        {
            await qdrant.ListAsync(cancellationToken);
            return null;
        }
        catch (RagException e)
        {
            return e.Message;
        }
    }

    private static IndexProvider ProviderOf(IConfiguration configuration) =>
        configuration.GetSection(IndexOptions.Section).GetValue(nameof(IndexOptions.Provider), IndexProvider.Embedded);

    private static IServiceCollection AddIndexOptions(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<IndexOptions>().Bind(configuration.GetSection(IndexOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        return services;
    }
}
