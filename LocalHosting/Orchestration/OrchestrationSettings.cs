using Aspire.Hosting.Orchestration.Infrastructure;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Orchestration;

/// <summary>What configuration says about a run (command line, environment, settings).</summary>
internal sealed record OrchestrationSettings
{
    public const string TemporaryStateKey = "TemporaryState";
    public const string ConsoleOutputKey = "ConsoleOutput";

    /// <summary>Nothing of the run stays: data, ports, records.</summary>
    public bool TemporaryState { get; init; }

    /// <summary>Instead of <c>.rag</c> beside the solution.</summary>
    public string? StateDirectory { get; init; }

    /// <summary>Endpoints get free ports instead of their own, so that runs side by side do not meet.</summary>
    public bool RandomPorts { get; init; }

    /// <summary><c>containers</c> or <c>native</c>; null for what fits.</summary>
    public string? Infrastructure { get; init; }

    /// <summary>The one to use, by Aspire's variable <c>ASPIRE_CONTAINER_RUNTIME</c>; null for the first that answers.</summary>
    public string? ContainerRuntime { get; init; }

    /// <summary>Whether the lines of resources go to the terminal.</summary>
    public bool ConsoleOutput { get; init; }

    public bool Dashboard { get; init; }

    public static OrchestrationSettings Read(IConfiguration configuration, DistributedApplicationOptions options) => new()
    {
        // An app host that asks for an ephemeral run (a key of its model) gets a state directory that is one.
        TemporaryState = configuration.GetValue(TemporaryStateKey, false) || configuration.GetValue("Ephemeral", false),
        StateDirectory = configuration["StateDirectory"],
        RandomPorts = configuration.GetValue("DcpPublisher:RandomizePorts", false),
        Infrastructure = configuration[InfrastructureChoice.ConfigurationKey],
        ContainerRuntime = configuration["ASPIRE_CONTAINER_RUNTIME"] ?? configuration["DOTNET_ASPIRE_CONTAINER_RUNTIME"],
        ConsoleOutput = options.EnableResourceLogging || configuration.GetValue(ConsoleOutputKey, true),
        Dashboard = !options.DisableDashboard && configuration.GetValue("Dashboard", true) && !configuration.GetValue("no-dashboard", false),
    };
}
