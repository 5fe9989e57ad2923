using System.Text.Json;

namespace Rag.Cli.Deployment.Clusters;

// What is read of the objects that an API server answers with. Names and shapes are the API's (https://kubernetes.io/docs/reference/kubernetes-api/);
// everything may be missing, because servers leave out what is empty.

internal sealed record ApiMeta
{
    public string Name { get; init; } = "";
    public long Generation { get; init; }
    public DateTimeOffset? CreationTimestamp { get; init; }
    public DateTimeOffset? DeletionTimestamp { get; init; }
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();
    public IReadOnlyList<ApiOwner> OwnerReferences { get; init; } = [];
}

internal sealed record ApiOwner(string Kind, string Name);

/// <summary>An object of any type, as far as all have the same.</summary>
internal sealed record ApiObject
{
    public string ApiVersion { get; init; } = "";
    public string Kind { get; init; } = "";
    public ApiMeta Metadata { get; init; } = new();

    /// <summary>Type and name, as <c>kubectl get -o name</c> writes them: <c>deployment.apps/rag-api</c>.</summary>
    public string Reference => NameOf(ApiVersion, Kind, Metadata.Name);

    public static string NameOf(string apiVersion, string kind, string name) =>
        $"{kind.ToLowerInvariant()}{(ServedTypes.GroupOf(apiVersion) is { Length: > 0 } group ? $".{group}" : "")}/{name}";
}

internal sealed record ApiCondition(string Type, string Status, string? Reason, string? Message, DateTimeOffset? LastTransitionTime);

/// <summary>A Deployment, StatefulSet or DaemonSet.</summary>
internal sealed record ApiWorkload
{
    public string Kind { get; init; } = "";
    public ApiMeta Metadata { get; init; } = new();
    public ApiWorkloadSpec Spec { get; init; } = new();
    public ApiWorkloadStatus Status { get; init; } = new();
}

internal sealed record ApiWorkloadSpec
{
    public int? Replicas { get; init; }
    public ApiPodTemplate Template { get; init; } = new();
}

internal sealed record ApiPodTemplate
{
    public ApiPodSpec Spec { get; init; } = new();
}

internal sealed record ApiWorkloadStatus
{
    public long ObservedGeneration { get; init; }
    public int Replicas { get; init; }
    public int UpdatedReplicas { get; init; }
    public int ReadyReplicas { get; init; }
    public int? AvailableReplicas { get; init; }
    public int DesiredNumberScheduled { get; init; }
    public int UpdatedNumberScheduled { get; init; }
    public int NumberReady { get; init; }
    public int NumberAvailable { get; init; }
}

internal sealed record ApiPod
{
    public ApiMeta Metadata { get; init; } = new();
    public ApiPodSpec Spec { get; init; } = new();
    public ApiPodStatus Status { get; init; } = new();
}

internal sealed record ApiPodSpec
{
    public IReadOnlyList<ApiContainer> Containers { get; init; } = [];
    public IReadOnlyList<ApiContainer> InitContainers { get; init; } = [];
    public IReadOnlyList<ApiReference> ImagePullSecrets { get; init; } = [];
    public IReadOnlyDictionary<string, string> NodeSelector { get; init; } = new Dictionary<string, string>();
    public IReadOnlyList<ApiToleration> Tolerations { get; init; } = [];
}

internal sealed record ApiToleration(string? Key, string? Operator, string? Value, string? Effect);

internal sealed record ApiReference(string? Name);

internal sealed record ApiContainer
{
    public string Name { get; init; } = "";
    public string Image { get; init; } = "";
    public ApiResources Resources { get; init; } = new();
}

internal sealed record ApiResources
{
    public IReadOnlyDictionary<string, string> Requests { get; init; } = new Dictionary<string, string>();
    public IReadOnlyDictionary<string, string> Limits { get; init; } = new Dictionary<string, string>();
}

internal sealed record ApiPodStatus
{
    public string Phase { get; init; } = "";
    public string? Reason { get; init; }
    public string? Message { get; init; }
    public DateTimeOffset? StartTime { get; init; }
    public IReadOnlyList<ApiCondition> Conditions { get; init; } = [];
    public IReadOnlyList<ApiContainerStatus> ContainerStatuses { get; init; } = [];
    public IReadOnlyList<ApiContainerStatus> InitContainerStatuses { get; init; } = [];
}

internal sealed record ApiContainerStatus
{
    public string Name { get; init; } = "";
    public bool Ready { get; init; }
    public int RestartCount { get; init; }
    public ApiContainerState State { get; init; } = new();
    public ApiContainerState LastState { get; init; } = new();
}

internal sealed record ApiContainerState
{
    public ApiWaiting? Waiting { get; init; }
    public ApiRunning? Running { get; init; }
    public ApiTerminated? Terminated { get; init; }
}

internal sealed record ApiWaiting(string? Reason, string? Message);

internal sealed record ApiRunning(DateTimeOffset? StartedAt);

internal sealed record ApiTerminated(int ExitCode, string? Reason, string? Message, DateTimeOffset? FinishedAt);

/// <summary>How the API's answers are read.</summary>
internal static class ApiJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    public static IReadOnlyList<T> Of<T>(IEnumerable<JsonElement> items, params ReadOnlySpan<string> kinds)
    {
        var wanted = kinds.ToArray();
        return KubectlAnswer.Read("get", () => items.Where(item => wanted.Contains(item.GetProperty("kind").GetString())).Select(static item => item.Deserialize<T>(Options)!).ToList());
    }
}
