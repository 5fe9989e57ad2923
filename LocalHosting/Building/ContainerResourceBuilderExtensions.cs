using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>Containers.</summary>
public static class ContainerResourceBuilderExtensions
{
    public static IResourceBuilder<ContainerResource> AddContainer(this IDistributedApplicationBuilder builder, string name, string image) =>
        builder.AddResource(new ContainerResource(name)).WithImage(image);

    public static IResourceBuilder<ContainerResource> AddContainer(this IDistributedApplicationBuilder builder, string name, string image, string tag) =>
        builder.AddContainer(name, image).WithImageTag(tag);

    /// <summary>A container whose image is built from <paramref name="contextPath"/>, relative to the app host.</summary>
    public static IResourceBuilder<ContainerResource> AddDockerfile(
        this IDistributedApplicationBuilder builder, string name, string contextPath, string? dockerfilePath = null, string? stage = null) =>
        builder.AddResource(new ContainerResource(name)).WithImage(name).WithDockerfile(contextPath, dockerfilePath, stage);

    public static IResourceBuilder<T> WithDockerfile<T>(
        this IResourceBuilder<T> builder, string contextPath, string? dockerfilePath = null, string? stage = null)
        where T : ContainerResource
    {
        ArgumentException.ThrowIfNullOrEmpty(contextPath);
        var context = Path.GetFullPath(contextPath, builder.ApplicationBuilder.AppHostDirectory);
        var dockerfile = Path.GetFullPath(dockerfilePath ?? "Dockerfile", context);
        return builder.WithAnnotation(new DockerfileBuildAnnotation(context, dockerfile, stage), ResourceAnnotationMutationBehavior.Replace);
    }

    public static IResourceBuilder<T> WithBuildArg<T>(this IResourceBuilder<T> builder, string name, object? value)
        where T : ContainerResource
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (!builder.Resource.TryGetLastAnnotation<DockerfileBuildAnnotation>(out var build))
        {
            throw new InvalidOperationException($"The resource '{builder.Resource.Name}' is not built from a Dockerfile. Call WithDockerfile before WithBuildArg.");
        }

        build.BuildArguments[name] = value;
        return builder;
    }

    public static IResourceBuilder<T> WithBuildArg<T>(this IResourceBuilder<T> builder, string name, IResourceBuilder<ParameterResource> value)
        where T : ContainerResource
    {
        ArgumentNullException.ThrowIfNull(value);
        return value.Resource.Secret
            ? throw new InvalidOperationException($"The secret parameter '{value.Resource.Name}' cannot be a build argument: it would stand in the image.")
            : builder.WithBuildArg(name, (object)value.Resource);
    }

    /// <summary>Sets the image. The registry, if <paramref name="image"/> has one, stays part of it.</summary>
    public static IResourceBuilder<T> WithImage<T>(this IResourceBuilder<T> builder, string image, string? tag = null)
        where T : ContainerResource
    {
        var reference = ImageReference.Parse(image);
        if (tag is not null && (reference.Tag ?? reference.Digest) is not null)
        {
            throw new InvalidOperationException($"The image '{image}' has a tag or digest of its own, so it cannot be given the tag '{tag}' as well.");
        }

        if (!builder.Resource.TryGetLastAnnotation<ContainerImageAnnotation>(out var annotation))
        {
            annotation = new ContainerImageAnnotation { Image = reference.Name };
            builder.WithAnnotation(annotation);
        }

        annotation.Image = reference.Name;
        if (reference.Digest is { } digest)
        {
            annotation.SHA256 = digest;
        }
        else
        {
            annotation.Tag = reference.Tag ?? tag ?? "latest";
        }

        return builder;
    }

    public static IResourceBuilder<T> WithImageTag<T>(this IResourceBuilder<T> builder, string tag)
        where T : ContainerResource
    {
        ArgumentNullException.ThrowIfNull(tag);
        Image(builder).Tag = tag;
        return builder;
    }

    public static IResourceBuilder<T> WithImageRegistry<T>(this IResourceBuilder<T> builder, string? registry)
        where T : ContainerResource
    {
        Image(builder).Registry = registry;
        return builder;
    }

    public static IResourceBuilder<T> WithImageSHA256<T>(this IResourceBuilder<T> builder, string sha256)
        where T : ContainerResource
    {
        ArgumentNullException.ThrowIfNull(sha256);
        Image(builder).SHA256 = sha256;
        return builder;
    }

    public static IResourceBuilder<T> WithEntrypoint<T>(this IResourceBuilder<T> builder, string entrypoint)
        where T : ContainerResource
    {
        ArgumentNullException.ThrowIfNull(entrypoint);
        builder.Resource.Entrypoint = entrypoint;
        return builder;
    }

    /// <summary>Mounts a named volume, or an anonymous one.</summary>
    public static IResourceBuilder<T> WithVolume<T>(this IResourceBuilder<T> builder, string? name, string target, bool isReadOnly = false)
        where T : ContainerResource => builder.WithAnnotation(new ContainerMountAnnotation(name, target, ContainerMountType.Volume, isReadOnly));

    public static IResourceBuilder<T> WithVolume<T>(this IResourceBuilder<T> builder, string target)
        where T : ContainerResource => builder.WithVolume(name: null, target);

    /// <summary>Mounts a file or directory of the host; a relative source starts at the app host's directory.</summary>
    public static IResourceBuilder<T> WithBindMount<T>(this IResourceBuilder<T> builder, string source, string target, bool isReadOnly = false)
        where T : ContainerResource
    {
        ArgumentNullException.ThrowIfNull(source);
        var path = Path.IsPathRooted(source) ? source : Path.GetFullPath(source, builder.ApplicationBuilder.AppHostDirectory);
        return builder.WithAnnotation(new ContainerMountAnnotation(path, target, ContainerMountType.BindMount, isReadOnly));
    }

    public static IResourceBuilder<T> WithLifetime<T>(this IResourceBuilder<T> builder, ContainerLifetime lifetime)
        where T : ContainerResource =>
        builder.WithAnnotation(new ContainerLifetimeAnnotation { Lifetime = lifetime }, ResourceAnnotationMutationBehavior.Replace);

    private static ContainerImageAnnotation Image<T>(IResourceBuilder<T> builder)
        where T : ContainerResource => builder.Resource.TryGetLastAnnotation<ContainerImageAnnotation>(out var image)
            ? image
            : throw new InvalidOperationException($"The resource '{builder.Resource.Name}' has no container image. Call WithImage first.");
}
