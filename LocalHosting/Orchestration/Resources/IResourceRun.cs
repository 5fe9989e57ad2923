using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration.Resources;

/// <summary>The life of one resource within a run.</summary>
internal interface IResourceRun : IAsyncDisposable
{
    IResource Resource { get; }

    /// <summary>Instances that a command may name.</summary>
    IEnumerable<string> InstanceIds { get; }

    /// <summary>Begins to start it; returns at once. Nothing happens when it is already started.</summary>
    Task StartAsync();

    /// <summary>Ends it; returns when nothing of it is left. It can be started again.</summary>
    Task StopAsync();
}
