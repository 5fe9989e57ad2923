using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace RagPlatform.ServiceDefaults.Telemetry;

/// <summary>
/// Traces, metrics and logs by OTLP, when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says where to. Built on the SDK's builders because the hosting
/// and instrumentation packages do not restore everywhere; the runtime has sources and meters of its own for what they would instrument.
/// The exporters read the other <c>OTEL_*</c> variables (protocol, headers, intervals) themselves.
/// </summary>
internal static class TelemetryRegistration
{
    private static readonly string[] Sources = ["Microsoft.AspNetCore", "System.Net.Http", "Npgsql", "Rag.*"];

    private static readonly string[] Meters =
    [
        "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Routing", "Microsoft.AspNetCore.RateLimiting",
        "System.Net.Http", "System.Net.NameResolution", "System.Runtime", "Npgsql", "Rag.*",
    ];

    public static void Add(WebApplicationBuilder builder, string serviceName)
    {
        // Without this the server's spans carry no tags at all.
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);

        if (string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            return;
        }

        builder.Logging.AddOpenTelemetry(options =>
        {
            options.IncludeScopes = true;
            options.IncludeFormattedMessage = true;
            options.ParseStateValues = true;
            options.SetResourceBuilder(ResourceOf(serviceName));
            options.AddOtlpExporter();
        });
        builder.Services.AddSingleton(_ => Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(ResourceOf(serviceName))
            .AddSource(Sources)
            .AddOtlpExporter()
            .Build());
        builder.Services.AddSingleton(_ => Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(ResourceOf(serviceName))
            .AddMeter(Meters)
            .AddOtlpExporter()
            .Build());
        builder.Services.AddHostedService<TelemetryStarter>();
    }

    /// <summary>What the environment says (<c>OTEL_SERVICE_NAME</c>, <c>OTEL_RESOURCE_ATTRIBUTES</c>) wins, so it comes last.</summary>
    private static ResourceBuilder ResourceOf(string serviceName) => ResourceBuilder.CreateEmpty()
        .AddService(serviceName, serviceVersion: ServiceVersion.Text)
        .AddTelemetrySdk()
        .AddEnvironmentVariableDetector();
}

/// <summary>Version of the running service.</summary>
public static class ServiceVersion
{
    /// <summary>Version as built, without the commit: <c>0.1.0</c>.</summary>
    public static string Text { get; } = Informational.Split('+')[0];

    /// <summary>Commit it was built from; null when the build did not record one.</summary>
    public static string? Commit { get; } = Informational.Split('+') is [_, { Length: > 0 } commit] ? commit : null;

    private static string Informational =>
        Assembly.GetEntryAssembly()?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";
}
