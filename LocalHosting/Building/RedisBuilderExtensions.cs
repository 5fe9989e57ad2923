using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Health;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting;

/// <summary>Redis.</summary>
public static class RedisBuilderExtensions
{
    // What Aspire 13.5 publishes; they move together with AspireVersion.
    private const string Registry = "docker.io";
    private const string Image = "library/redis";
    private const string Tag = "8.6";

    private const string DataPath = "/data";

    public static IResourceBuilder<RedisResource> AddRedis(
        this IDistributedApplicationBuilder builder, string name, int? port = null, IResourceBuilder<ParameterResource>? password = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        // No special characters: a comma ends the password in the connection strings of StackExchange.Redis.
        var redis = new RedisResource(
            name,
            password?.Resource ?? ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, $"{name}-password", special: false));
        var key = $"{name}_check";
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(key, _ => new RedisCheck(redis), failureStatus: null, tags: null));
        return builder.AddResource(redis)
            .WithEndpoint(port: port, targetPort: 6379, scheme: "redis", name: RedisResource.PrimaryEndpointName)
            .WithImage(Image, Tag)
            .WithImageRegistry(Registry)
            .WithEntrypoint("/bin/sh")
            .WithEnvironment(context =>
            {
                if (redis.PasswordParameter is { } parameter)
                {
                    context.EnvironmentVariables["REDIS_PASSWORD"] = parameter;
                }
            })
            .WithArgs(context =>
            {
                // The shell of the image fills in the password, so that it stands in no argument of ours.
                context.Args.Add("-c");
                context.Args.Add(string.Join(' ', ServerCommand(redis)));
            })
            .WithHealthCheck(key);
    }

    public static IResourceBuilder<RedisResource> WithDataVolume(this IResourceBuilder<RedisResource> builder, string? name = null, bool isReadOnly = false)
    {
        builder.WithVolume(name ?? VolumeNameGenerator.Generate(builder, "data"), DataPath, isReadOnly);
        return isReadOnly ? builder : builder.WithPersistence();
    }

    public static IResourceBuilder<RedisResource> WithDataBindMount(this IResourceBuilder<RedisResource> builder, string source, bool isReadOnly = false)
    {
        builder.WithBindMount(source, DataPath, isReadOnly);
        return isReadOnly ? builder : builder.WithPersistence();
    }

    /// <summary>Saves to disk after <paramref name="interval"/> (default a minute) if at least so many keys changed.</summary>
    public static IResourceBuilder<RedisResource> WithPersistence(
        this IResourceBuilder<RedisResource> builder, TimeSpan? interval = null, long keysChangedThreshold = 1) =>
        builder.WithAnnotation(new RedisPersistenceAnnotation(interval ?? TimeSpan.FromMinutes(1), keysChangedThreshold), ResourceAnnotationMutationBehavior.Replace);

    private static IEnumerable<string> ServerCommand(RedisResource redis)
    {
        yield return "redis-server";
        if (redis.PasswordParameter is not null)
        {
            yield return "--requirepass";
            yield return "$REDIS_PASSWORD";
        }

        if (redis.TryGetLastAnnotation<RedisPersistenceAnnotation>(out var persistence))
        {
            yield return "--save";
            yield return persistence.Interval.TotalSeconds.ToString(CultureInfo.InvariantCulture);
            yield return persistence.KeysChangedThreshold.ToString(CultureInfo.InvariantCulture);
        }
    }
}
