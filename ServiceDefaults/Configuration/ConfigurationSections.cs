using Microsoft.Extensions.DependencyInjection;

namespace RagPlatform.ServiceDefaults.Configuration;

/// <summary>Says which options a section below <c>Rag</c> holds.</summary>
/// <param name="Name">Section: <c>Storage</c>.</param>
/// <param name="Options">Type whose public properties are its keys.</param>
public sealed record ConfigurationSectionType(string Name, Type Options);

/// <summary>Registers sections for the strict check at start.</summary>
public static class ConfigurationSections
{
    /// <summary>Every section there is in any of the services. Those that a service does not register belong to another and are not looked into.</summary>
    public static IReadOnlyList<string> Known { get; } =
        ["Storage", "Blobs", "Index", "Embedding", "Chat", "Rerank", "Jobs", "Extraction", "Auth", "Web", "Cache", "Shutdown", "Limits"];

    /// <summary>Binds <typeparamref name="TOptions"/> to <c>Rag:{name}</c> and has its keys and values checked at start.</summary>
    public static IServiceCollection AddConfigurationSection<TOptions>(this IServiceCollection services, string name)
        where TOptions : class
    {
        services.AddOptions<TOptions>().BindConfiguration($"Rag:{name}").ValidateDataAnnotations();
        return services.AddKnownSection<TOptions>(name);
    }

    /// <summary>The check alone, for options that their own room binds.</summary>
    public static IServiceCollection AddKnownSection<TOptions>(this IServiceCollection services, string name)
        where TOptions : class
    {
        if (!Known.Contains(name, StringComparer.Ordinal))
        {
            throw new ArgumentException($"'Rag:{name}' is no known section; add it to {nameof(ConfigurationSections)}.{nameof(Known)}.", nameof(name));
        }

        var section = new ConfigurationSectionType(name, typeof(TOptions));
        if (!services.Any(service => section.Equals(service.ImplementationInstance)))
        {
            services.AddSingleton(section);
        }

        return services;
    }
}
