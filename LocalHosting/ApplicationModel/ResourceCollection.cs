using System.Collections.ObjectModel;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The resources of an app model in the order in which they were added. Names are unique, whatever their case.</summary>
public interface IResourceCollection : IList<IResource>;

internal sealed class ResourceCollection : Collection<IResource>, IResourceCollection
{
    protected override void InsertItem(int index, IResource item)
    {
        RefuseDuplicate(item, except: null);
        base.InsertItem(index, item);
    }

    protected override void SetItem(int index, IResource item)
    {
        RefuseDuplicate(item, except: this[index]);
        base.SetItem(index, item);
    }

    private void RefuseDuplicate(IResource item, IResource? except)
    {
        ArgumentNullException.ThrowIfNull(item);
        if (this.FirstOrDefault(other => other != except && ResourceName.Comparer.Equals(other.Name, item.Name)) is { } existing)
        {
            throw new DistributedApplicationException(
                $"Cannot add resource of type '{item.GetType().Name}' with name '{item.Name}' because resource of type '{existing.GetType().Name}' "
                + "with that name already exists. Resource names are case-insensitive: choose another name.");
        }
    }
}

/// <summary>All resources of a built application.</summary>
public class DistributedApplicationModel
{
    public DistributedApplicationModel(IEnumerable<IResource> resources)
    {
        Resources = new ResourceCollection();
        foreach (var resource in resources)
        {
            Resources.Add(resource);
        }
    }

    internal DistributedApplicationModel(IResourceCollection resources) => Resources = resources;

    public IResourceCollection Resources { get; }
}
