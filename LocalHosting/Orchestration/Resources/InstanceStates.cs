using System.Collections.Immutable;
using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration.Processes;
using Aspire.Hosting.Orchestration.Workloads;

namespace Aspire.Hosting.Orchestration.Resources;

/// <summary>Snapshots of an instance as its process goes on: pure functions of the one before.</summary>
internal static class InstanceStates
{
    private const string Masked = "●●●●●●●●";

    /// <summary>It stands in a queue: for its dependencies, or for its turn.</summary>
    public static CustomResourceSnapshot Pending(CustomResourceSnapshot before, string state, DateTime now) => NotRunning(before) with
    {
        State = state,
        CreationTimeStamp = before.CreationTimeStamp ?? now,
        StartTimeStamp = null,
        StopTimeStamp = null,
        ExitCode = null,
    };

    public static CustomResourceSnapshot Running(
        CustomResourceSnapshot before, IResource resource, Launch launch, int processId, DateTime now) => before with
    {
        State = KnownResourceStates.Running,
        CreationTimeStamp = before.CreationTimeStamp ?? now,
        StartTimeStamp = now,
        StopTimeStamp = null,
        ExitCode = null,
        EnvironmentVariables =
        [
            .. launch.Variables.OrderBy(variable => variable.Name, StringComparer.Ordinal)
                .Select(variable => new EnvironmentVariableSnapshot(variable.Name, variable.IsSensitive || SecretNames.Contains(variable.Name) ? Masked : variable.Value, IsFromSpec: true)),
        ],
        Properties = [.. launch.Properties, new ResourcePropertySnapshot("executable.pid", processId.ToString(CultureInfo.InvariantCulture))],
        Urls = Urls(resource),
        Volumes =
        [
            .. resource.Annotations.OfType<ContainerMountAnnotation>().Select(mount => new VolumeSnapshot(
                mount.Source, mount.Target, mount.Type == ContainerMountType.Volume ? "volume" : "bind", mount.IsReadOnly)),
        ],
        HealthReports = PendingReports(resource),
        ReadyEventCompleted = false,
    };

    /// <summary>The process is not there: it ended, crashed, or was never started.</summary>
    public static CustomResourceSnapshot Changed(CustomResourceSnapshot before, ProcessChange change, DateTime now) => change.Phase switch
    {
        // Not a terminal state, whoever waits goes on waiting: it is about to be started again.
        ProcessPhase.Starting when change.RestartsIn is not null => NotRunning(before) with
        {
            State = new ResourceStateSnapshot(KnownResourceStates.RuntimeUnhealthy, "warning"),
            ExitCode = change.ExitCode,
            StopTimeStamp = now,
        },
        ProcessPhase.Starting => NotRunning(before) with { State = KnownResourceStates.Starting },
        ProcessPhase.Stopping => NotRunning(before) with { State = KnownResourceStates.Stopping },
        ProcessPhase.FailedToStart => NotRunning(before) with
        {
            State = new ResourceStateSnapshot(KnownResourceStates.FailedToStart, "error"),
            StopTimeStamp = now,
        },
        _ => NotRunning(before) with
        {
            State = change switch
            {
                { WasAsked: true } => new ResourceStateSnapshot(KnownResourceStates.Exited, "info"),
                { ExitCode: 0 } => new ResourceStateSnapshot(KnownResourceStates.Finished, "success"),
                _ => new ResourceStateSnapshot(KnownResourceStates.Exited, "error"),
            },
            ExitCode = change.ExitCode ?? before.ExitCode,
            StopTimeStamp = now,
        },
    };

    /// <summary>One unknown report per check: running is not healthy before the checks say so.</summary>
    public static ImmutableArray<HealthReportSnapshot> PendingReports(IResource resource) =>
    [
        .. resource.Annotations.OfType<HealthCheckAnnotation>().Select(check => new HealthReportSnapshot(check.Key, null, null, null)),
    ];

    private static CustomResourceSnapshot NotRunning(CustomResourceSnapshot before) =>
        before with { HealthReports = [], ReadyEventCompleted = false };

    private static ImmutableArray<UrlSnapshot> Urls(IResource resource) =>
    [
        .. resource.Annotations.OfType<EndpointAnnotation>()
            .Where(endpoint => endpoint.AllocatedEndpoint is not null)
            .Select(endpoint => new UrlSnapshot(endpoint.Name, endpoint.AllocatedEndpoint!.UriString, IsInternal: false)),
    ];
}
