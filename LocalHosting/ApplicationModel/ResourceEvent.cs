using System.Diagnostics;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The new state of one instance of a resource. <see cref="ResourceId"/> is the resource's name, with a suffix where there are replicas.</summary>
[DebuggerDisplay("{ResourceId,nq} {Snapshot.State?.Text,nq}")]
public class ResourceEvent(IResource resource, string resourceId, CustomResourceSnapshot snapshot)
{
    public IResource Resource { get; } = resource;

    public string ResourceId { get; } = resourceId;

    public CustomResourceSnapshot Snapshot { get; } = snapshot;
}
