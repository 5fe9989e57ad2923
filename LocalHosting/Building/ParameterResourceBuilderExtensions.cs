using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Secrets;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

/// <summary>Parameters and connection strings that come from configuration.</summary>
public static class ParameterResourceBuilderExtensions
{
    /// <summary>A value that configuration must give, under <c>Parameters:name</c>.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, bool secret = false) =>
        builder.AddResource(new ParameterResource(name, _ => FromConfiguration(builder.Configuration, name, $"Parameters:{name}", fallback: null), secret));

    /// <summary>A value that the model gives. The manifest has it only if <paramref name="publishValueAsDefault"/>.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, string value, bool publishValueAsDefault = false, bool secret = false)
    {
        ArgumentNullException.ThrowIfNull(value);
        return builder.AddParameter(name, () => value, publishValueAsDefault, secret);
    }

    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, Func<string> valueGetter, bool publishValueAsDefault = false, bool secret = false)
    {
        ArgumentNullException.ThrowIfNull(valueGetter);
        if (publishValueAsDefault && secret)
        {
            throw new ArgumentException("A parameter cannot be both secret and published as a default value.", nameof(secret));
        }

        return builder.AddResource(new ParameterResource(name, published => published?.GetDefaultValue() ?? valueGetter(), secret)
        {
            Default = publishValueAsDefault ? new PublishedParameterDefault(valueGetter) : null,
        });
    }

    /// <summary>A value from configuration, else <paramref name="value"/>'s; with <paramref name="persist"/> that is kept in the user secrets.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, ParameterDefault value, bool secret = false, bool persist = false)
    {
        ArgumentNullException.ThrowIfNull(value);
        return builder.AddResource(WithDefault(builder, name, value, secret, persist));
    }

    /// <summary>A value that configuration must give, under a key of its own.</summary>
    public static IResourceBuilder<ParameterResource> AddParameterFromConfiguration(
        this IDistributedApplicationBuilder builder, string name, string configurationKey, bool secret = false)
    {
        ArgumentNullException.ThrowIfNull(configurationKey);
        return builder.AddResource(new ParameterResource(name, _ => FromConfiguration(builder.Configuration, name, configurationKey, fallback: null), secret));
    }

    /// <summary>The connection string of something that runs elsewhere, from <c>ConnectionStrings:name</c>.</summary>
    public static IResourceBuilder<IResourceWithConnectionString> AddConnectionString(
        this IDistributedApplicationBuilder builder, string name, string? environmentVariableName = null) =>
        builder.AddResource(new ConnectionStringParameterResource(
            name,
            _ => builder.Configuration.GetConnectionString(name)
                ?? throw new MissingParameterValueException(
                    $"Connection string '{name}' is missing. Set 'ConnectionStrings:{name}' in the app host's user secrets, settings or environment."),
            environmentVariableName));

    /// <summary>A password as the servers of this library use it, not yet part of the model. In run mode it is kept in the user secrets.</summary>
    public static ParameterResource CreateDefaultPasswordParameter(
        IDistributedApplicationBuilder builder,
        string name,
        bool lower = true,
        bool upper = true,
        bool numeric = true,
        bool special = true,
        int minLower = 0,
        int minUpper = 0,
        int minNumeric = 0,
        int minSpecial = 0)
    {
        var password = new GenerateParameterDefault
        {
            Lower = lower,
            Upper = upper,
            Numeric = numeric,
            Special = special,
            MinLower = minLower,
            MinUpper = minUpper,
            MinNumeric = minNumeric,
            MinSpecial = minSpecial,
        };
        return WithDefault(builder, name, password, secret: true, persist: true);
    }

    private static ParameterResource WithDefault(IDistributedApplicationBuilder builder, string name, ParameterDefault value, bool secret, bool persist)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(name);
        var key = $"Parameters:{name}";
        var kept = persist && builder.ExecutionContext.IsRunMode ? new PersistedParameterDefault(key, value, SecretsOf(builder)) : value;
        return new ParameterResource(name, fallback => FromConfiguration(builder.Configuration, name, key, fallback), secret) { Default = kept };
    }

    // The builder is an interface that a test may wrap, so the store comes from its services.
    private static IUserSecrets SecretsOf(IDistributedApplicationBuilder builder) =>
        builder.Services.Select(service => service.ImplementationInstance).OfType<IUserSecrets>().FirstOrDefault() ?? new TransientSecrets();

    // Environment variables cannot always hold a hyphen: "Parameters__my_key" serves for "Parameters:my-key" too.
    private static string FromConfiguration(ConfigurationManager configuration, string name, string key, ParameterDefault? fallback) =>
        configuration[key]
        ?? configuration[key.Replace('-', '_')]
        ?? fallback?.GetDefaultValue()
        ?? throw new MissingParameterValueException(
            $"Parameter '{name}' has no value: configuration key '{key}' is missing and the parameter has no default. "
            + $"Set it in the app host's user secrets (dotnet user-secrets set {key} VALUE), its settings or its environment.");
}
