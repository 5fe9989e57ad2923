using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>Ties the orchestrator to the life of the host.</summary>
internal sealed class OrchestratorHost(IServiceProvider services) : IHostedService
{
    private IOrchestrator? _orchestrator;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _orchestrator = services.GetService<IOrchestrator>()
            ?? throw new DistributedApplicationException("Nothing that runs resources is registered, so this app host can only be published.");
        await _orchestrator.StartAsync(services.GetRequiredService<DistributedApplicationModel>(), cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => _orchestrator?.StopAsync(cancellationToken) ?? Task.CompletedTask;
}
