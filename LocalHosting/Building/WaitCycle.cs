using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>Resources that wait for one another would never start, and nothing would say why.</summary>
internal static class WaitCycle
{
    /// <exception cref="DistributedApplicationException">There is a cycle; the message walks through it.</exception>
    public static void Refuse(IEnumerable<IResource> resources)
    {
        HashSet<IResource> harmless = [];
        foreach (var resource in resources)
        {
            Visit(resource, [], harmless);
        }
    }

    private static void Visit(IResource resource, List<IResource> path, HashSet<IResource> harmless)
    {
        if (harmless.Contains(resource))
        {
            return;
        }

        var start = path.IndexOf(resource);
        if (start >= 0)
        {
            var names = path.Skip(start).Append(resource).Select(step => $"'{step.Name}'");
            throw new DistributedApplicationException($"These resources wait for one another and could never start: {string.Join(" waits for ", names)}. Remove one of the WaitFor calls.");
        }

        path.Add(resource);
        foreach (var wait in resource.Annotations.OfType<WaitAnnotation>())
        {
            Visit(wait.Resource, path, harmless);
        }

        path.RemoveAt(path.Count - 1);
        harmless.Add(resource);
    }
}
