using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Manifest;

/// <summary>Publish mode: writes the manifest and ends.</summary>
internal sealed partial class ManifestPublisher(
    DistributedApplicationModel model,
    DistributedApplicationExecutionContext executionContext,
    AppHostArguments arguments,
    IHostApplicationLifetime lifetime,
    ILogger<ManifestPublisher> logger) : BackgroundService
{
    private const string DefaultFileName = "aspire-manifest.json";

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Before the host counts as started, so that a failure ends the program with its message and an exit code.
        await PublishAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        lifetime.StopApplication();
        return Task.CompletedTask;
    }

    private async Task PublishAsync(CancellationToken cancellationToken)
    {
        if (arguments.Step is { Length: > 0 } step && step != AppHostArguments.ManifestStep)
        {
            throw new DistributedApplicationException($"Unknown step '{step}'. The only one here is '{AppHostArguments.ManifestStep}'.");
        }

        if (string.IsNullOrEmpty(arguments.OutputPath))
        {
            throw new DistributedApplicationException("The '--output-path [path]' option was not specified even though manifest publishing was requested.");
        }

        var path = Path.GetFullPath(arguments.OutputPath.EndsWith(".json", StringComparison.Ordinal)
            ? arguments.OutputPath
            : Path.Combine(arguments.OutputPath, DefaultFileName));
        var document = await ManifestWriter.WriteAsync(model, executionContext, path, cancellationToken);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await using (var file = new FileStream(path, FileMode.Create, FileAccess.Write))
        {
            document.Write(file);
        }

        Published(path);
    }

    [LoggerMessage(1, LogLevel.Information, "Published manifest to: {ManifestPath}")]
    private partial void Published(string manifestPath);
}
