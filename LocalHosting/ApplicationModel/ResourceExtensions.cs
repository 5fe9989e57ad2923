using System.Diagnostics.CodeAnalysis;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Reading a resource's annotations.</summary>
public static class ResourceExtensions
{
    public static bool TryGetLastAnnotation<T>(this IResource resource, [NotNullWhen(true)] out T? annotation)
        where T : IResourceAnnotation
    {
        annotation = resource.Annotations.OfType<T>().LastOrDefault();
        return annotation is not null;
    }

    public static bool TryGetAnnotationsOfType<T>(this IResource resource, [NotNullWhen(true)] out IEnumerable<T>? result)
        where T : IResourceAnnotation
    {
        T[] found = [.. resource.Annotations.OfType<T>()];
        result = found.Length > 0 ? found : null;
        return result is not null;
    }

    public static bool TryGetEndpoints(this IResource resource, [NotNullWhen(true)] out IEnumerable<EndpointAnnotation>? endpoints) =>
        resource.TryGetAnnotationsOfType(out endpoints);

    public static IEnumerable<EndpointReference> GetEndpoints(this IResourceWithEndpoints resource) =>
        [.. resource.Annotations.OfType<EndpointAnnotation>().Select(endpoint => new EndpointReference(resource, endpoint))];

    public static EndpointReference GetEndpoint(this IResourceWithEndpoints resource, string endpointName) =>
        resource.GetEndpoints().FirstOrDefault(endpoint => ResourceName.Comparer.Equals(endpoint.EndpointName, endpointName))
        ?? new EndpointReference(resource, endpointName);

    public static bool TryGetContainerImageName(this IResource resource, [NotNullWhen(true)] out string? imageName)
    {
        imageName = resource.TryGetLastAnnotation<ContainerImageAnnotation>(out var image) ? image.Reference : null;
        return imageName is not null;
    }

    public static int GetReplicaCount(this IResource resource) =>
        resource.TryGetLastAnnotation<ReplicaAnnotation>(out var annotation) ? annotation.Replicas : 1;
}
