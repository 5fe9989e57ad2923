using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Native;
using Aspire.Hosting.Orchestration.Infrastructure;
using Aspire.Hosting.Orchestration.Resources;

namespace Aspire.Hosting.Orchestration.Workloads;

/// <summary>Redis or Valkey as a program of this machine.</summary>
internal sealed class RedisWorkload(RedisResource resource, RunContext context) : IWorkload
{
    public int Replicas => 1;

    public async Task<Launch> PrepareAsync(Instance instance, CancellationToken cancellationToken)
    {
        var store = ServerStore.For(resource, context);
        var options = new RedisServerOptions
        {
            Name = resource.Name,
            Program = RedisServer.Find() ?? throw new InvalidOperationException(
                "Neither redis-server nor valkey-server is installed. './rag up' installs one; by hand: 'apt-get install redis-server' or 'brew install valkey'."),
            DataDirectory = store.Directory,
            Port = resource.PrimaryEndpoint.Port,
            Password = resource.PasswordParameter is { } password ? await password.GetValueAsync(cancellationToken) : null,
            Keep = store.IsLasting,
        };
        var process = await RedisServer.PrepareAsync(options, cancellationToken);
        return new Launch(process)
        {
            Properties = [new("executable.path", options.Program), new("executable.workDir", options.DataDirectory)],
        };
    }
}
