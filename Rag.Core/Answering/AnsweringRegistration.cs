using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rag.Core.Retrieval;

namespace Rag.Core.Answering;

/// <summary>Registers answering.</summary>
public static class AnsweringRegistration
{
    /// <summary>Adds <see cref="AnsweringService"/>, extractive unless <c>Rag:Chat</c> names a model. Needs <see cref="RetrievalRegistration.AddRagRetrieval"/>. A second call is harmless.</summary>
    public static IServiceCollection AddRagAnswering(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        if (services.Any(static s => s.ServiceType == typeof(AnsweringService)))
        {
            return services;
        }

        services.AddSingleton<AnsweringTelemetry>();
        services.AddSingleton<IAnswerer, ExtractiveAnswerer>();
        services.AddSingleton(static p => new AnsweringService(
            p.GetRequiredService<RetrievalService>(), p.GetRequiredService<IAnswerer>(), p.GetRequiredService<AnsweringTelemetry>()));
        return services;
    }
}
