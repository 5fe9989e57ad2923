using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

/// <summary>What the command line asks of an app host: to run, or to publish to <see cref="OutputPath"/>.</summary>
internal sealed record AppHostArguments(DistributedApplicationOperation Operation, string? Step, string? OutputPath)
{
    public const string ManifestStep = "publish-manifest";

    private static readonly Dictionary<string, string> Switches = new()
    {
        ["--operation"] = "AppHost:Operation",
        ["--publisher"] = "Publishing:Publisher",
        ["--step"] = "Pipeline:Step",
        ["--output-path"] = "Pipeline:OutputPath",
        ["--log-level"] = "Pipeline:LogLevel",
    };

    /// <summary>Adds <paramref name="args"/> to the configuration and reads it: <c>--publisher manifest</c>, or <c>--operation publish --step ...</c>.</summary>
    /// <exception cref="DistributedApplicationException">The operation is neither run nor publish.</exception>
    public static AppHostArguments Read(string[] args, ConfigurationManager configuration)
    {
        configuration.AddCommandLine(args, Switches);
        var step = configuration["Pipeline:Step"];
        if (string.Equals(configuration["Publishing:Publisher"], "manifest", StringComparison.OrdinalIgnoreCase) && string.IsNullOrEmpty(step))
        {
            step = ManifestStep;
        }

        var operation = configuration["AppHost:Operation"]?.ToLowerInvariant() switch
        {
            null or "" => configuration["Publishing:Publisher"] is null ? DistributedApplicationOperation.Run : DistributedApplicationOperation.Publish,
            "run" => DistributedApplicationOperation.Run,
            "publish" => DistributedApplicationOperation.Publish,
            var other => throw new DistributedApplicationException($"Invalid operation '{other}'. Valid operations are 'publish' or 'run'."),
        };

        return new AppHostArguments(operation, step, configuration["Pipeline:OutputPath"]);
    }
}
