using Rag.Deploy.AppModel;

namespace Rag.Deploy.Planning.Workloads;

/// <summary>Images that are built from a Dockerfile. Nothing here builds them, and what they are built with stays in them.</summary>
internal static class ImageBuilds
{
    /// <summary>Looks at the arguments of the builds. The value of a parameter may be missing: whoever builds the image gives it.</summary>
    /// <exception cref="ManifestException">An expression cannot be resolved, or a secret is part of an argument.</exception>
    public static void RequireSound(PlanContext context)
    {
        foreach (var container in context.Manifest.Resources.Values.OfType<ContainerResource>().Where(container => !context.IsOverridden(container)))
        {
            foreach (var (name, text) in container.Build?.Args ?? [])
            {
                if (text is not null && context.Resolver.ResolveSound(container.Name, $"build.args.{name}", text) is { IsSecret: true } value)
                {
                    throw new ManifestException(
                        context.Manifest.File, container.Name, $"build.args.{name} holds a secret ({value}); build arguments stay in the image's history, and everybody who may pull it reads them.",
                        $"Give it as a build secret in the app host, or set 'images.override.{container.Name}' in the values to an image that is built elsewhere.");
                }
            }
        }
    }

    /// <summary>What somebody has to build.</summary>
    public static IEnumerable<string> Notices(PlanContext context) =>
        from container in context.Services.OfType<ContainerResource>()
        where container.Build is not null && !context.IsOverridden(container)
        select $"'{container.Name}' runs {context.Image(container)}, which is built from a Dockerfile ('{container.Build!.Dockerfile}', context '{container.Build.Context}') and not by 'rag images': "
            + $"somebody has to build it under this name, or 'images.override.{container.Name}' names another.";
}
