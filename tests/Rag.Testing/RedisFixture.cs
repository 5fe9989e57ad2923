using Xunit;

namespace Rag.Testing;

/// <summary>One real Redis for a test class, as <c>IClassFixture</c>. Tests that kill or fill it take a <see cref="RedisInstance"/> of their own.</summary>
public sealed class RedisFixture : IAsyncLifetime
{
    private RedisInstance? _instance;

    public RedisInstance Redis => _instance ?? throw new InvalidOperationException("The fixture is not initialised.");

    public async Task InitializeAsync() => _instance = await RedisInstance.StartAsync();

    public async Task DisposeAsync()
    {
        if (_instance is not null)
        {
            await _instance.DisposeAsync();
        }
    }
}
