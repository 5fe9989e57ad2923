using System.Collections.ObjectModel;
using System.Diagnostics;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Base of all resources.</summary>
[DebuggerDisplay("{GetType().Name,nq} {Name}")]
public abstract class Resource : IResource
{
    protected Resource(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        Name = name;
    }

    public virtual string Name { get; }

    public virtual ResourceAnnotationCollection Annotations { get; } = [];
}

/// <summary>The annotations of one resource, in the order in which they were added.</summary>
public sealed class ResourceAnnotationCollection : Collection<IResourceAnnotation>;

/// <summary>Whether an annotation comes beside those of its type or replaces them.</summary>
public enum ResourceAnnotationMutationBehavior
{
    Append,
    Replace,
}
