using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Rag.Core.Embedding;
using Rag.Core.Retrieval;
using Rag.Core.Storage;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>Registers what reaches Qdrant.</summary>
internal static class QdrantRegistration
{
    /// <summary>The client, as the options name it.</summary>
    public static IServiceCollection AddQdrantClient(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<IPostConfigureOptions<IndexOptions>>(new ConnectionStringDefaults(configuration));
        services.AddSingleton<IValidateOptions<IndexOptions>, QdrantOptionsValidation>();
        services.TryAddSingleton(static p =>
        {
            var options = p.GetRequiredService<IOptions<IndexOptions>>().Value;
            return new QdrantClient(QdrantConnection.Create(options.Qdrant, () => ReadKey(options)), options.Qdrant);
        });
        services.TryAddSingleton<ProjectionFence>();
        services.TryAddSingleton<IndexVersions>();
        services.TryAddSingleton<ProjectionBooks>();
        services.TryAddSingleton(TimeProvider.System);
        return services;
    }

    /// <summary>The index as searches see it.</summary>
    public static IServiceCollection AddQdrantIndex(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddQdrantClient(configuration);
        services.AddSingleton<IIndexReader>(static p => new QdrantIndex(
            p.GetRequiredService<Database>(),
            p.GetRequiredService<StorageSignals>(),
            p.GetRequiredService<QdrantClient>(),
            p.GetService<IEmbedder>()));
        services.AddSingleton<IIndexRebuilder>(static p => new QdrantRebuilder(
            p.GetRequiredService<Database>(),
            p.GetRequiredService<StorageSignals>(),
            p.GetRequiredService<IndexVersions>(),
            p.GetRequiredService<IOptions<IndexOptions>>().Value.Qdrant,
            p.GetService<IEmbedder>()));
        return services;
    }

    /// <summary>What writes the index.</summary>
    public static IServiceCollection AddQdrantProjector(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddQdrantClient(configuration);
        services.AddSingleton<ProjectionSource>();
        services.AddSingleton<Projection>();
        services.AddSingleton<Reconciliation>();
        services.TryAddSingleton<ProjectionMonitor>();
        services.AddSingleton<IHostedService>(static p => p.GetRequiredService<ProjectionMonitor>());
        services.AddSingleton<IHostedService>(static p => new QdrantProjector(
            p.GetRequiredService<NpgsqlDataSource>(),
            p.GetRequiredService<StorageReadiness>(),
            p.GetRequiredService<StorageSignals>(),
            p.GetRequiredService<Projection>(),
            p.GetRequiredService<Reconciliation>(),
            p.GetRequiredService<ProjectionBooks>(),
            p.GetRequiredService<IndexVersions>(),
            p.GetRequiredService<ProjectionFence>(),
            p.GetRequiredService<QdrantClient>(),
            p.GetRequiredService<IOptions<IndexOptions>>().Value.Qdrant,
            p.GetRequiredService<ProjectionMonitor>(),
            p.GetRequiredService<TimeProvider>(),
            p.GetRequiredService<ILogger<QdrantProjector>>(),
            p.GetService<IEmbedder>()));
        return services;
    }

    // With each request, so that the file may be rotated.
    private static string? ReadKey(IndexOptions options)
    {
        if (options.ApiKeyFile is not { Length: > 0 } file)
        {
            return options.ApiKey;
        }

        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RagException("index-away", $"The key file '{file}' (Rag:Index:ApiKeyFile) cannot be read.", isTransient: true, e);
        }
    }

    private sealed class ConnectionStringDefaults(IConfiguration configuration) : IPostConfigureOptions<IndexOptions>
    {
        public void PostConfigure(string? name, IndexOptions options)
        {
            var (url, key) = QdrantConnection.Read(configuration);
            options.Qdrant.Url ??= url;
            options.ApiKey ??= key;
        }
    }

    private sealed class QdrantOptionsValidation : IValidateOptions<IndexOptions>
    {
        public ValidateOptionsResult Validate(string? name, IndexOptions options)
        {
            var problems = new List<ValidationResult>();
            Validator.TryValidateObject(options.Qdrant, new ValidationContext(options.Qdrant), problems, validateAllProperties: true);
            var texts = problems.Select(static p => p.ErrorMessage!).ToList();
            if (options.Qdrant.Url is not { IsAbsoluteUri: true, Scheme: "http" or "https" })
            {
                texts.Add("Rag:Index:Provider=qdrant needs Rag:Index:Qdrant:Url or ConnectionStrings:vectors_http, for example Endpoint=http://localhost:6333;Key=...");
            }

            if (options.Qdrant.CaFile is { Length: > 0 } file)
            {
                try
                {
                    QdrantConnection.Authorities(file);
                }
                catch (FormatException e)
                {
                    texts.Add(e.Message);
                }
            }

            return texts.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(texts);
        }
    }
}
