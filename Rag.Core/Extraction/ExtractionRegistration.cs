using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rag.Core.Extraction.ChildProcess;

namespace Rag.Core.Extraction;

/// <summary>Registration of extraction.</summary>
public static class ExtractionRegistration
{
    /// <summary>Section of <see cref="ExtractionOptions"/>.</summary>
    public const string Section = "Rag:Extraction";

    /// <summary>Registers <see cref="IDocumentExtractor"/> with the limits of <c>Rag:Extraction</c>, checked at start. A second call is harmless.</summary>
    public static IServiceCollection AddRagExtraction(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        services.AddOptions<ExtractionOptions>().Bind(configuration.GetSection(Section)).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IDocumentExtractor, ProcessDocumentExtractor>();
        return services;
    }
}
