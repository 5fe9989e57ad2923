using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>Runs the resources of a model. The application knows nothing else about how that is done.</summary>
internal interface IOrchestrator
{
    /// <summary>
    /// Allocates all endpoints and begins to start the resources; returns when that is under way, not when all are healthy. States go to
    /// <see cref="ResourceNotificationService"/>, output to <see cref="ResourceLoggerService"/>.
    /// </summary>
    Task StartAsync(DistributedApplicationModel model, CancellationToken cancellationToken);

    /// <summary>Ends everything that was started, dependents first. Also called after a failed start, and again when the host is disposed of.</summary>
    Task StopAsync(CancellationToken cancellationToken);

    /// <summary>Carries out <see cref="KnownResourceCommands"/>.</summary>
    Task<ExecuteCommandResult> ExecuteCommandAsync(string resourceId, string commandName, CancellationToken cancellationToken);
}
