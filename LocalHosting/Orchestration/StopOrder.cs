using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration.Resources;

namespace Aspire.Hosting.Orchestration;

/// <summary>Ends resources so that nobody loses what it still needs: dependents before what they wait for, side by side otherwise.</summary>
internal static class StopOrder
{
    public static async Task StopAsync(IReadOnlyList<IResourceRun> runs)
    {
        foreach (var layer in Layers(runs))
        {
            await Task.WhenAll(layer.Select(run => run.StopAsync()));
        }
    }

    /// <summary>First those that nobody depends on. Waits cannot form a cycle: the builder refuses that.</summary>
    internal static IEnumerable<IReadOnlyList<IResourceRun>> Layers(IReadOnlyList<IResourceRun> runs)
    {
        var rest = runs.ToList();
        while (rest.Count > 0)
        {
            var needed = rest.SelectMany(run => Needs(run.Resource)).ToHashSet();
            var layer = rest.Where(run => !needed.Contains(run.Resource)).ToList();
            if (layer.Count == 0)
            {
                layer = rest;
            }

            yield return layer;
            rest = [.. rest.Except(layer)];
        }
    }

    // A service uses the servers it refers to even if it does not wait for them; references between services may go both ways.
    private static IEnumerable<IResource> Needs(IResource resource)
    {
        var waits = resource.Annotations.OfType<WaitAnnotation>().Select(wait => wait.Resource);
        var servers = resource.Annotations.OfType<ResourceRelationshipAnnotation>()
            .Select(relation => relation.Resource)
            .Where(other => other is ContainerResource or IResourceWithParent && resource is not ContainerResource);
        var parents = resource is IResourceWithParent child ? [child.Parent] : Array.Empty<IResource>();
        return waits.Concat(servers).Concat(parents).Where(other => other != resource);
    }
}
