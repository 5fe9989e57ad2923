using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Rag.Deploy.Values;

/// <summary>A model that is served in the cluster, with the interface of OpenAI.</summary>
public sealed record InferenceValues
{
    [Description("vllm: answers and embeddings; tei: embeddings, by text-embeddings-inference.")]
    public InferenceEngine Engine { get; init; } = InferenceEngine.Vllm;

    [Description("What the model is for: chat or embedding.")]
    public InferenceTask Task { get; init; } = InferenceTask.Chat;

    [Description("Name of the model, as the engine loads it and as the services ask for it.")]
    [ModelName]
    public required string Model { get; init; }

    [Description("embedding: length of the model's vectors.")]
    [Range(8, 8192)]
    public int? Dimensions { get; init; }

    [Description("Services that use it, and the section of their configuration that says so, such as rag-api: Rag__Chat; default: those whose 'models' have a section for what it is for.")]
    [VariableName]
    public OrderedDictionary<string, string>? Clients { get; init; }

    [Description("Image with a tag; default: one of the engine that was current when this version was made.")]
    [PinnedImage]
    public string? Image { get; init; }

    [Description("deployment: so many pods as 'replicas' says; daemonSet: one on each node that the selector names.")]
    public InferencePlacement Placement { get; init; } = InferencePlacement.Deployment;

    [Description("Pods of a deployment; with a daemonSet the nodes that it is expected on, for which the quota has to have room.")]
    [Range(1, 100)]
    public int Replicas { get; init; } = 1;

    [Description("GPUs of each pod; vLLM spreads the model over them.")]
    [Range(0, 16)]
    public int Gpus { get; init; } = 1;

    [Description("What nodes call their GPUs.")]
    [NodeResource]
    public string GpuResource { get; init; } = "nvidia.com/gpu";

    [Description("Runtime class of the pods, where GPUs need one; it has to exist.")]
    [DnsName]
    public string? RuntimeClass { get; init; }

    [Description("What one pod gets beside its GPUs.")]
    public ResourceValues? Resources { get; init; }

    [Description("Labels of the nodes it may run on.")]
    public OrderedDictionary<string, string> NodeSelector { get; init; } = [];

    [Description("Taints that it tolerates.")]
    public IReadOnlyList<TolerationValues> Tolerations { get; init; } = [new() { Key = "nvidia.com/gpu", Effect = "NoSchedule" }];

    [Description("Size of /dev/shm, over which its processes share tensors. It counts as memory of the pod.")]
    [Bytes]
    public string SharedMemory { get; init; } = "2Gi";

    [Description("Where the model's files are kept.")]
    public ModelCacheValues Cache { get; init; } = new();

    [Description("Seconds that fetching and loading the model may take.")]
    [Range(60, 14400)]
    public int StartupSeconds { get; init; } = 3600;

    [Description("More arguments of the engine.")]
    public IReadOnlyList<string> Args { get; init; } = [];

    [Description("Environment variables of the engine, instead of and beside its own here. A null removes one.")]
    public OrderedDictionary<string, string?> Env { get; init; } = [];

    [Description("Secret with a token for models that are not open to everybody; it has to exist. Its key is HF_TOKEN.")]
    [DnsName]
    public string? TokenSecret { get; init; }

    [Description("Addresses that it may fetch the model from; empty: it is in the cache already.")]
    public IReadOnlyList<EgressValues> Egress { get; init; } = [new() { Cidr = "0.0.0.0/0" }];
}

/// <summary>Programs that serve models.</summary>
public enum InferenceEngine
{
    /// <summary>vLLM.</summary>
    Vllm,

    /// <summary>text-embeddings-inference.</summary>
    Tei,
}

/// <summary>What a model is for.</summary>
public enum InferenceTask
{
    /// <summary>Answers.</summary>
    Chat,

    /// <summary>Vectors.</summary>
    Embedding,
}

/// <summary>How pods come to nodes.</summary>
public enum InferencePlacement
{
    /// <summary>As many as are asked for.</summary>
    Deployment,

    /// <summary>One on each node.</summary>
    DaemonSet,
}

/// <summary>Where a model's files are kept.</summary>
public sealed record ModelCacheValues
{
    [Description("Size of the claim; with a daemonSet of the folder that goes with the pod.")]
    [Bytes]
    public string Size { get; init; } = "100Gi";

    [Description("Storage class of the claim; with more than one pod it has to allow ReadWriteMany. Default: the cluster's.")]
    [DnsName]
    public string? StorageClass { get; init; }

    [Description("A claim that exists, instead of one that is made.")]
    [DnsName]
    public string? Claim { get; init; }
}
