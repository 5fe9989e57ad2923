using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rag.Core.Blobs;
using Rag.Core.Storage;

namespace Rag.Core.Documents;

/// <summary>Registers what keeps documents.</summary>
public static class DocumentRegistration
{
    /// <summary>
    /// Adds <see cref="CollectionService"/>, <see cref="DocumentService"/> and <see cref="DocumentEvents"/>, with storage and originals
    /// under them. A second call changes nothing.
    /// </summary>
    public static IServiceCollection AddRagDocuments(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddRagStorage(configuration);
        services.AddRagBlobs(configuration);
        services.TryAddSingleton<CollectionService>();
        services.TryAddSingleton<DocumentService>();
        services.TryAddSingleton<DocumentEvents>();
        return services;
    }
}
