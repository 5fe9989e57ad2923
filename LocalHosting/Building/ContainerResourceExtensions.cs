using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>Telling containers apart.</summary>
public static class ContainerResourceExtensions
{
    public static bool IsContainer(this IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return resource.Annotations.OfType<ContainerImageAnnotation>().Any();
    }

    public static IEnumerable<IResource> GetContainerResources(this DistributedApplicationModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Resources.Where(resource => resource.IsContainer());
    }
}
