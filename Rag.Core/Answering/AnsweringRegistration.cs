using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
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
        services.AddOptions<ChatModelOptions>().Bind(configuration.GetSection(ChatModelOptions.Section)).ValidateDataAnnotations()
            .Validate(
                static o => (o.BaseUrl is null) == string.IsNullOrWhiteSpace(o.Model) && o.BaseUrl is null or { IsAbsoluteUri: true },
                "Rag:Chat needs both Rag:Chat:BaseUrl (such as http://localhost:11434/v1) and Rag:Chat:Model, or neither.")
            .ValidateOnStart();
        services.AddSingleton<IAnswerer>(static p =>
        {
            var options = p.GetRequiredService<IOptions<ChatModelOptions>>().Value;
            var extractive = new ExtractiveAnswerer();
            return options.BaseUrl is null
                ? extractive
                : new ChatAnswerer(OpenAIChatClient.Create(options), options, extractive, p.GetRequiredService<ILogger<ChatAnswerer>>());
        });
        services.AddSingleton(static p => new AnsweringService(
            p.GetRequiredService<RetrievalService>(), p.GetRequiredService<IAnswerer>(), p.GetRequiredService<AnsweringTelemetry>()));
        return services;
    }
}
