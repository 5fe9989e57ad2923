using System.Diagnostics;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A resource starts only when another has come far enough.</summary>
[DebuggerDisplay("{WaitType} {Resource.Name,nq}")]
public sealed class WaitAnnotation : IResourceAnnotation
{
    public WaitAnnotation(IResource resource, WaitType waitType, int exitCode = 0)
    {
        ArgumentNullException.ThrowIfNull(resource);
        Resource = resource;
        WaitType = waitType;
        ExitCode = exitCode;
    }

    public IResource Resource { get; }

    public WaitType WaitType { get; }

    /// <summary>The exit code that counts as completed.</summary>
    public int ExitCode { get; }

    /// <summary>Null: what the application decides.</summary>
    public WaitBehavior? WaitBehavior { get; init; }
}

public enum WaitType
{
    WaitUntilHealthy,
    WaitForCompletion,
    WaitUntilStarted,
}

/// <summary>What to do when the resource that is waited for ends or does not start.</summary>
public enum WaitBehavior
{
    WaitOnResourceUnavailable,
    StopOnResourceUnavailable,
}
