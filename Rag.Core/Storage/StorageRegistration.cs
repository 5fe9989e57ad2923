using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Rag.Core.Storage;

/// <summary>Registers what reaches PostgreSQL.</summary>
public static class StorageRegistration
{
    /// <summary>
    /// Adds <see cref="NpgsqlDataSource"/>, <see cref="Database"/>, <see cref="StorageReadiness"/>, <see cref="StorageSignals"/> and
    /// the migrator, which starts with the host. A second call changes nothing.
    /// </summary>
    public static IServiceCollection AddRagStorage(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        if (services.Any(service => service.ServiceType == typeof(Database)))
        {
            return services;
        }

        services.AddOptions<StorageOptions>()
            .Bind(configuration.GetSection("Rag:Storage"))
            .PostConfigure(options =>
            {
                if (string.IsNullOrWhiteSpace(options.ConnectionString))
                {
                    options.ConnectionString = configuration.GetConnectionString("ragdb") ?? "";
                }
            })
            .ValidateDataAnnotations()
            .Validate(
                static options => IsConnectionString(options.ConnectionString),
                "The connection string is not one that Npgsql understands; it looks like 'Host=localhost;Port=5432;Username=rag;Database=ragdb' (ConnectionStrings:ragdb or Rag:Storage:ConnectionString).")
            .ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => CreateDataSource(
            provider.GetRequiredService<IOptions<StorageOptions>>().Value, provider.GetService<ILoggerFactory>()));
        services.AddSingleton<Database>();
        services.AddSingleton(provider => new StorageReadiness(CreateDataSource(
            provider.GetRequiredService<IOptions<StorageOptions>>().Value, provider.GetService<ILoggerFactory>(), StorageReadiness.Connections)));
        services.AddSingleton<Migrator>();
        services.AddSingleton<StorageSignals>();
        services.AddHostedService<StorageStartup>();
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<StorageSignals>());
        return services;
    }

    internal static NpgsqlDataSource CreateDataSource(StorageOptions options, ILoggerFactory? loggers, int? poolSize = null)
    {
        var builder = new NpgsqlDataSourceBuilder(options.ConnectionString);
        var connection = builder.ConnectionStringBuilder;
        connection.MaxPoolSize = poolSize ?? options.MaxPoolSize;
        connection.CommandTimeout = (int)options.CommandTimeout.TotalSeconds;
        connection.Timeout = 5;
        // A listener whose server vanished without a word must find out.
        connection.KeepAlive = 30;
        connection.MaxAutoPrepare = 100;
        connection.ApplicationName ??= AppDomain.CurrentDomain.FriendlyName;
        if (options.PasswordFile is { Length: > 0 } file)
        {
            builder.UsePasswordProvider(_ => ReadPassword(file), (_, _) => ValueTask.FromResult(ReadPassword(file)));
        }

        // Polling would otherwise fill the traces with roots that belong to nothing.
        builder.ConfigureTracing(static tracing => tracing
            .ConfigureCommandFilter(static _ => Activity.Current is not null)
            .ConfigureBatchFilter(static _ => Activity.Current is not null)
            .ConfigureCopyOperationFilter(static _ => Activity.Current is not null)
            .EnablePhysicalOpenTracing(false));
        builder.UseLoggerFactory(loggers);
        return builder.Build();
    }

    // Empty is another message's business.
    private static bool IsConnectionString(string text)
    {
        try
        {
            return string.IsNullOrWhiteSpace(text) || new NpgsqlConnectionStringBuilder(text).Host is { Length: > 0 };
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            return false;
        }
    }

    private static string ReadPassword(string file)
    {
        try
        {
            return File.ReadAllText(file).TrimEnd('\r', '\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NpgsqlException($"The password file '{file}' (Rag:Storage:PasswordFile) cannot be read.", e);
        }
    }
}
