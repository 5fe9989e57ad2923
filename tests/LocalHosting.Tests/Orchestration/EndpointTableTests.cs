using Aspire.Hosting.Orchestration.Endpoints;

namespace LocalHosting.Tests.Orchestration;

public sealed class EndpointTableTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_remembered_port_that_is_taken_is_told_and_not_forgotten(bool server)
    {
        var said = new List<string>();
        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { Args = [], DisableDashboard = true });
        var resource = builder.AddContainer("thing", "image").WithHttpEndpoint(targetPort: 80).Resource;
        async Task<int> AllocateAsync()
        {
            await using var table = new EndpointTable(new PortMemory(_directory.Path), randomPorts: false, said.Add);
            if (server)
            {
                table.AllocateForServer(resource);
            }
            else
            {
                table.AllocateForProcess(resource);
            }

            return resource.Annotations.OfType<EndpointAnnotation>().Single().AllocatedEndpoint!.Port;
        }

        var first = await AllocateAsync();
        using (LoopbackListener.Open(first, "somebody else", said.Add))
        {
            Assert.NotEqual(first, await AllocateAsync());
            Assert.Contains($"Port {first} for endpoint 'http' of 'thing' is taken by", Assert.Single(said), StringComparison.Ordinal);
        }

        Assert.Equal(first, await AllocateAsync());
    }
}
