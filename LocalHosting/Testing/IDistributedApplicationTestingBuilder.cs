namespace Aspire.Hosting.Testing;

/// <summary>The builder of an app host that runs inside a test: its model is complete and can still be changed before it is built.</summary>
public interface IDistributedApplicationTestingBuilder : IDistributedApplicationBuilder, IAsyncDisposable, IDisposable
{
    /// <summary>Builds the application; it is the caller's to start and to dispose of.</summary>
    Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default);
}
