using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Native;
using Aspire.Hosting.Orchestration.Infrastructure;
using Aspire.Hosting.Orchestration.Resources;

namespace Aspire.Hosting.Orchestration.Workloads;

/// <summary>Qdrant as a program of this machine.</summary>
internal sealed class QdrantWorkload(QdrantServerResource resource, RunContext context) : IWorkload
{
    public int Replicas => 1;

    public async Task<Launch> PrepareAsync(Instance instance, CancellationToken cancellationToken)
    {
        var program = QdrantProgram.Find()
            ?? throw new InvalidOperationException("Qdrant is not installed. Put its program 'qdrant' on PATH (https://github.com/qdrant/qdrant/releases), or use a container runtime.");
        var store = ServerStore.For(resource, context);
        var key = await resource.ApiKeyParameter.GetValueAsync(cancellationToken);
        return new Launch(QdrantServer.Prepare(resource.Name, program, store.Directory, resource.HttpEndpoint.Port, resource.PrimaryEndpoint.Port, key))
        {
            Properties = [new("executable.path", program), new("executable.workDir", store.Directory)],
        };
    }
}
