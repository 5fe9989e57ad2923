using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Rag.Core.Blobs.S3;

namespace Rag.Core.Blobs;

/// <summary>Registers the store of originals.</summary>
public static class BlobRegistration
{
    /// <summary>Adds <see cref="IBlobStore"/> as <c>Rag:Blobs:Provider</c> names it. A second call changes nothing.</summary>
    public static IServiceCollection AddRagBlobs(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        if (services.Any(service => service.ServiceType == typeof(IBlobStore)))
        {
            return services;
        }

        services.AddOptions<BlobOptions>().Bind(configuration.GetSection("Rag:Blobs")).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<IValidateOptions<BlobOptions>, S3OptionsValidation>();
        services.TryAddSingleton(TimeProvider.System);
        return configuration.GetSection("Rag:Blobs").GetValue(nameof(BlobOptions.Provider), BlobProvider.Files) switch
        {
            BlobProvider.Postgres => services.AddSingleton<IBlobStore, PostgresBlobStore>(),
            BlobProvider.S3 => services.AddSingleton<S3Connection>().AddSingleton<IBlobStore, S3BlobStore>(),
            _ => services.AddSingleton<IBlobStore, FileBlobStore>(),
        };
    }
}
