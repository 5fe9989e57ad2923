using Rag.Deploy.AppModel;

namespace Rag.Deploy.Planning;

/// <summary>Texts of the app model that others refer to, whether anybody does or not: a mistake in them shows before somebody does.</summary>
internal static class UnusedExpressions
{
    /// <exception cref="ManifestException">A reference leads nowhere or in a circle.</exception>
    public static void RequireSound(PlanContext context)
    {
        foreach (var resource in context.Manifest.Resources.Values)
        {
            foreach (var (place, text) in Texts(resource))
            {
                if (text is not null)
                {
                    _ = context.Resolver.ResolveSound(resource.Name, place, text);
                }
            }
        }
    }

    private static (string Place, string? Text)[] Texts(AppResource resource) => resource switch
    {
        ValueResource value => [("connectionString", value.ConnectionString)],
        ParameterResource parameter => [("value", parameter.Value), ("connectionString", parameter.ConnectionString)],
        FilteredResource filtered => [("value", filtered.Value)],
        ContainerResource container => [("connectionString", container.ConnectionString)],
        _ => [],
    };
}
