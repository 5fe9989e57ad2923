using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RagPlatform.ServiceDefaults.Configuration;
using RagPlatform.ServiceDefaults.Health;
using RagPlatform.ServiceDefaults.Problems;
using RagPlatform.ServiceDefaults.Shutdown;
using RagPlatform.ServiceDefaults.Telemetry;

namespace RagPlatform.ServiceDefaults;

/// <summary>What every service does alike. A <c>Program.cs</c> calls these four and adds what is its own.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>Exit code of a process whose configuration is wrong (EX_CONFIG of sysexits.h): restarting it does not help.</summary>
    public const int ConfigurationExitCode = 78;

    /// <summary>
    /// Telemetry, logs, health, problem details, strict configuration and delayed shutdown. Call it first, before options are bound:
    /// what it registers collects the failures of every options validator into one message.
    /// </summary>
    /// <param name="builder">Of a web application; the worker is one too, for its health endpoints.</param>
    /// <param name="serviceName">Name in traces, metrics and logs, unless <c>OTEL_SERVICE_NAME</c> gives another.</param>
    public static WebApplicationBuilder AddServiceDefaults(this WebApplicationBuilder builder, string serviceName)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(serviceName);

        // Lowest in precedence: whoever configures another level gets it.
        ((IConfigurationBuilder)builder.Configuration).Sources.Insert(0, new MemoryConfigurationSource
        {
            InitialData =
            [
                new("Logging:LogLevel:Microsoft.AspNetCore", "Warning"),
                new("Logging:LogLevel:System.Net.Http", "Warning"),
                new("Logging:LogLevel:Npgsql", "Warning"),
                // It repeats at every probe what HealthLog tells once.
                new("Logging:LogLevel:Microsoft.Extensions.Diagnostics.HealthChecks", "None"),
            ],
        });
        SecretFiles.Add(builder.Configuration);
        if (!builder.Environment.IsDevelopment())
        {
            builder.Logging.AddJsonConsole(static options =>
            {
                options.UseUtcTimestamp = true;
                options.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
                options.IncludeScopes = true;
            });
        }

        TelemetryRegistration.Add(builder, serviceName);

        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IStartupValidator>(provider => new StartupConfigurationCheck(provider, services));
        services.AddConfigurationSection<ShutdownOptions>("Shutdown");
        services.AddSingleton<IStartupFilter, ServerSpanFilter>();
        services.AddSingleton<ProblemWriter>();

        services.AddHealthChecks();
        services.TryAddSingleton<HealthLog>();
        services.TryAddSingleton<DependencyTelemetry>();
        services.TryAddSingleton<SharedHealth>();
        services.TryAddSingleton<Draining>();
        services.AddSingleton<IHostLifetime, DrainingLifetime>();
        services.AddSingleton<IStartupFilter, KeepAliveFilter>();
        services.AddOptions<HostOptions>().Configure<IConfiguration>(static (host, configuration) => host.ShutdownTimeout = ShutdownOptions.TimeoutOf(configuration));
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.AddServerHeader = false);
        return builder;
    }

    /// <summary>
    /// Turns every failure and every empty error answer that comes after it into an RFC 9457 problem. Call it directly after <c>Build</c>;
    /// a front end that shows pages instead does not call it.
    /// </summary>
    public static WebApplication UseProblemDetails(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.UseMiddleware<ProblemMiddleware>();
        return app;
    }

    /// <summary><c>/health/live</c>, <c>/health/startup</c>, <c>/health/ready</c> and its alias <c>/health</c>, in every environment, without a key.</summary>
    public static IEndpointRouteBuilder MapDefaultEndpoints(this IEndpointRouteBuilder app)
    {
        HealthEndpoints.Map(app);
        return app;
    }

    /// <summary>Runs until stopped. A wrong configuration is told in words on standard error instead of a stack trace.</summary>
    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunServiceAsync(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        try
        {
            // The host would ask only after it has made every hosted service, and the first of them to read a wrong value decides what is said.
            app.Services.GetRequiredService<IStartupValidator>().Validate();
            await app.RunAsync();
            return 0;
        }
        catch (ConfigurationInvalidException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            await app.DisposeAsync();
            return ConfigurationExitCode;
        }
    }
}
