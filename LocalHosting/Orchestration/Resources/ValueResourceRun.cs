using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration.Resources;

/// <summary>A resource that is a value: a parameter, or a connection string. It "runs" when the value is there.</summary>
internal sealed class ValueResourceRun(IResource resource, RunContext context) : IResourceRun
{
    public IResource Resource => resource;

    public IEnumerable<string> InstanceIds => [resource.Name];

    public async Task StartAsync()
    {
        try
        {
            var value = resource is IValueProvider provider ? await provider.GetValueAsync(CancellationToken.None) : null;
            await context.Notifications.PublishUpdateAsync(resource, before => before with
            {
                State = KnownResourceStates.Running,
                ReadyEventCompleted = true,
                Properties = resource is ParameterResource parameter
                    ? [new ResourcePropertySnapshot("Value", parameter.Secret ? null : value) { IsSensitive = parameter.Secret }]
                    : before.Properties,
            });
            if (resource is IResourceWithConnectionString)
            {
                await context.Eventing.PublishAsync(new ConnectionStringAvailableEvent(resource, context.Services), CancellationToken.None);
            }
        }
        catch (MissingParameterValueException e)
        {
            // Whoever needs the value will fail to start; this says why, once.
            context.Log(resource.Name, e.Message, isError: true);
            await context.Notifications.PublishUpdateAsync(resource, before => before with { State = new ResourceStateSnapshot("ValueMissing", "warning") });
        }
    }

    public Task StopAsync() => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
