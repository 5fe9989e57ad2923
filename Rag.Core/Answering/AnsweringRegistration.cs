using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Rag.Core.Answering;

/// <summary>Registers answering.</summary>
public static class AnsweringRegistration
{
    /// <summary>Adds <see cref="AnsweringService"/>, extractive unless <c>Rag:Chat</c> names a model. Needs <see cref="Retrieval.RetrievalRegistration.AddRagRetrieval"/>. A second call is harmless.</summary>
    public static IServiceCollection AddRagAnswering(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        services.TryAddSingleton<AnsweringService>();
        return services;
    }
}
