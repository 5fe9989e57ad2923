using Xunit;

namespace Rag.Testing;

/// <summary>One object store for a test class, as <c>IClassFixture</c>. Tests that kill it take an <see cref="S3Server"/> of their own.</summary>
public sealed class S3Fixture : IAsyncLifetime
{
    private S3Server? _server;

    public S3Server Server => _server ?? throw new InvalidOperationException("The fixture is not initialised.");

    public async Task InitializeAsync() => _server = await S3Server.StartAsync();

    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}
