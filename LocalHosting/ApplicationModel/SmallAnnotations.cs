namespace Aspire.Hosting.ApplicationModel;

/// <summary>A health check that decides whether the resource is healthy; <see cref="Key"/> is its registration's name.</summary>
public class HealthCheckAnnotation : IResourceAnnotation
{
    public HealthCheckAnnotation(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        Key = key;
    }

    public string Key { get; }
}

/// <summary>How many instances run behind the endpoints.</summary>
public sealed class ReplicaAnnotation(int replicas = 1) : IResourceAnnotation
{
    public int Replicas { get; } = replicas > 0
        ? replicas
        : throw new ArgumentOutOfRangeException(nameof(replicas), replicas, "A resource needs at least one instance.");
}

/// <summary>For display: how two resources belong together (<c>Reference</c>, <c>WaitFor</c>, <c>Parent</c>).</summary>
public sealed class ResourceRelationshipAnnotation(IResource resource, string type) : IResourceAnnotation
{
    public IResource Resource { get; } = resource;

    public string Type { get; } = type;
}

/// <summary>The program of an executable resource.</summary>
internal sealed class ExecutableAnnotation(string command, string workingDirectory) : IResourceAnnotation
{
    public string Command => command;

    public string WorkingDirectory => workingDirectory;
}

/// <summary>Which endpoints of another resource are injected. One per referenced resource, so that two references make one set of variables.</summary>
internal sealed class EndpointReferenceAnnotation(IResourceWithEndpoints resource) : IResourceAnnotation
{
    public IResourceWithEndpoints Resource => resource;

    public bool UseAllEndpoints { get; set; }

    public HashSet<string> EndpointNames { get; } = new(StringComparer.OrdinalIgnoreCase);
}

/// <summary>The resource is not written to the manifest.</summary>
internal sealed class ExcludedFromManifestAnnotation : IResourceAnnotation;

/// <summary>The state that is shown before anything happened.</summary>
internal sealed class InitialStateAnnotation(CustomResourceSnapshot snapshot) : IResourceAnnotation
{
    public CustomResourceSnapshot Snapshot => snapshot;
}

/// <summary>The resource sends telemetry, so it gets the <c>OTEL_*</c> variables when it is started.</summary>
internal sealed class OtlpExporterAnnotation : IResourceAnnotation;

internal static class RelationshipTypes
{
    public const string Reference = "Reference";
    public const string WaitFor = "WaitFor";
    public const string Parent = "Parent";
}
