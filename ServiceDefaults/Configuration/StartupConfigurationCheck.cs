using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace RagPlatform.ServiceDefaults.Configuration;

/// <summary>
/// Runs before anything is started: the strict check of keys and values, then every registered options validator, all failures in one
/// message. It takes the place of the framework's own validator, which sees only options that asked for it one by one.
/// </summary>
internal sealed class StartupConfigurationCheck(IServiceProvider provider, IServiceCollection services) : IStartupValidator
{
    public void Validate()
    {
        var problems = ConfigurationCheck.Problems(
            provider.GetRequiredService<IConfiguration>(), provider.GetServices<ConfigurationSectionType>()).ToList();

        // A value that cannot be converted is reported already; binding the same options would only say it again, less well.
        if (problems.Count == 0)
        {
            foreach (var options in ValidatedOptions())
            {
                try
                {
                    var monitor = provider.GetRequiredService(typeof(IOptionsMonitor<>).MakeGenericType(options));
                    _ = monitor.GetType().GetProperty(nameof(IOptionsMonitor<>.CurrentValue))!.GetValue(monitor);
                }
                catch (System.Reflection.TargetInvocationException e) when (e.InnerException is OptionsValidationException failure)
                {
                    problems.AddRange(failure.Failures);
                }
            }
        }

        if (problems.Count > 0)
        {
            throw new ConfigurationInvalidException(problems);
        }
    }

    private Type[] ValidatedOptions() => [.. services
        .Select(static service => service.ServiceType)
        .Where(static type => type.IsGenericType && !type.ContainsGenericParameters && type.GetGenericTypeDefinition() == typeof(IValidateOptions<>))
        .Select(static type => type.GetGenericArguments()[0])
        .Distinct()];
}
