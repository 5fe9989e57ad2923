using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration.Infrastructure;

/// <summary>Where a native server keeps its data: as long as the model's data volume would.</summary>
internal sealed record ServerStore(string Directory, bool IsLasting)
{
    /// <summary>
    /// A bind mount is taken as it is; a named volume becomes a folder of that resource; without either the data ends with the run,
    /// as a container's would.
    /// </summary>
    public static ServerStore For(IResource resource, RunContext context)
    {
        var mount = resource.Annotations.OfType<ContainerMountAnnotation>().LastOrDefault(mount => !mount.IsReadOnly);
        return mount switch
        {
            { Type: ContainerMountType.BindMount, Source: { } source } => new(source, IsLasting: true),
            { Source: not null } => new(context.State.DataOf(resource.Name), IsLasting: !context.State.IsTemporary),
            _ => new(context.State.VolatileDataOf(resource.Name, context.Records.RunId), IsLasting: false),
        };
    }
}
