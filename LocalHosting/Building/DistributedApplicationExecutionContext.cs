namespace Aspire.Hosting;

/// <summary>Whether the application is run or published.</summary>
public class DistributedApplicationExecutionContext
{
    private IServiceProvider? _services;

    public DistributedApplicationExecutionContext(DistributedApplicationOperation operation) => Operation = operation;

    public DistributedApplicationOperation Operation { get; }

    public bool IsRunMode => Operation == DistributedApplicationOperation.Run;

    public bool IsPublishMode => Operation == DistributedApplicationOperation.Publish;

    /// <exception cref="InvalidOperationException">The application is not built yet.</exception>
    public IServiceProvider ServiceProvider
    {
        get => _services ?? throw new InvalidOperationException("The services are there once the application is built.");
        internal set => _services = value;
    }
}

public enum DistributedApplicationOperation
{
    Run,
    Publish,
}
