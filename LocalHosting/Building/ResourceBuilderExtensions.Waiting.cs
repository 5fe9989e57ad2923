using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

public static partial class ResourceBuilderExtensions
{
    /// <summary>Starts the resource when <paramref name="dependency"/> runs and is healthy.</summary>
    public static IResourceBuilder<T> WaitFor<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency)
        where T : IResourceWithWaitSupport => builder.Wait(dependency, WaitType.WaitUntilHealthy, behavior: null);

    public static IResourceBuilder<T> WaitFor<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency, WaitBehavior waitBehavior)
        where T : IResourceWithWaitSupport => builder.Wait(dependency, WaitType.WaitUntilHealthy, waitBehavior);

    /// <summary>Starts the resource when <paramref name="dependency"/> runs, healthy or not.</summary>
    public static IResourceBuilder<T> WaitForStart<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency)
        where T : IResourceWithWaitSupport => builder.Wait(dependency, WaitType.WaitUntilStarted, behavior: null);

    public static IResourceBuilder<T> WaitForStart<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency, WaitBehavior waitBehavior)
        where T : IResourceWithWaitSupport => builder.Wait(dependency, WaitType.WaitUntilStarted, waitBehavior);

    /// <summary>Starts the resource when <paramref name="dependency"/> has ended with <paramref name="exitCode"/>.</summary>
    public static IResourceBuilder<T> WaitForCompletion<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency, int exitCode = 0)
        where T : IResourceWithWaitSupport
    {
        ArgumentNullException.ThrowIfNull(dependency);
        RefuseOwnFamily(builder.Resource, dependency.Resource);
        return builder.WithAnnotation(new ResourceRelationshipAnnotation(dependency.Resource, RelationshipTypes.WaitFor))
            .WithAnnotation(new WaitAnnotation(dependency.Resource, WaitType.WaitForCompletion, exitCode));
    }

    private static IResourceBuilder<T> Wait<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency, WaitType type, WaitBehavior? behavior)
        where T : IResourceWithWaitSupport
    {
        ArgumentNullException.ThrowIfNull(dependency);
        builder.WaitOn(dependency.Resource, type, behavior);
        return builder.WithAnnotation(new ResourceRelationshipAnnotation(dependency.Resource, RelationshipTypes.WaitFor));
    }

    private static void WaitOn<T>(this IResourceBuilder<T> builder, IResource dependency, WaitType type, WaitBehavior? behavior)
        where T : IResourceWithWaitSupport
    {
        RefuseOwnFamily(builder.Resource, dependency);

        // A child may have no checks of its own, and it cannot be there before its parent is.
        if (dependency is IResourceWithParent child)
        {
            builder.WaitOn(child.Parent, type, behavior);
        }

        builder.WithAnnotation(new WaitAnnotation(dependency, type) { WaitBehavior = behavior });
    }

    private static void RefuseOwnFamily(IResource resource, IResource dependency)
    {
        if (ReferenceEquals(resource, dependency))
        {
            throw new DistributedApplicationException($"The '{resource.Name}' resource cannot wait for itself.");
        }

        if (resource is IResourceWithParent child && ReferenceEquals(child.Parent, dependency))
        {
            throw new DistributedApplicationException($"The '{resource.Name}' resource cannot wait for its parent '{dependency.Name}'.");
        }
    }
}
