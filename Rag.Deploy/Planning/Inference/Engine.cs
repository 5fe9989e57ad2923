using System.Globalization;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Inference;

/// <summary>What one engine has of its own. Both have the routes of OpenAI below <c>/v1</c>.</summary>
internal sealed record Engine
{
    public required string Image { get; init; }

    /// <summary>The variable that holds the key which the engine asks for.</summary>
    public required string KeyVariable { get; init; }

    public required ResourceValues Resources { get; init; }

    public required Func<InferenceValues, IEnumerable<string>> Arguments { get; init; }

    public required Func<string, Labels> Environment { get; init; }

    public static Engine Of(InferenceValues values) => values.Engine switch
    {
        InferenceEngine.Tei => Tei,
        _ => Vllm,
    };

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static Engine Vllm { get; } = new()
    {
        Image = "docker.io/vllm/vllm-openai:v0.11.0",
        KeyVariable = "VLLM_API_KEY",
        Resources = new()
        {
            Requests = new() { Cpu = "4", Memory = "16Gi", EphemeralStorage = "2Gi" },
            Limits = new() { Cpu = "8", Memory = "32Gi", EphemeralStorage = "10Gi" },
        },
        Arguments = static values =>
        [
            "--model", values.Model, "--served-model-name", values.Model, "--port", Number(InferencePods.Port),
            .. values.Gpus > 1 ? new[] { "--tensor-parallel-size", Number(values.Gpus) } : [],
        ],
        // The root file system is read-only and the user has no entry in the image: everything that is written has to have its place named.
        Environment = static folder => new Labels
        {
            ["HOME"] = folder,
            ["USER"] = "vllm",
            ["HF_HOME"] = $"{folder}/huggingface",
            ["VLLM_CACHE_ROOT"] = $"{folder}/vllm",
            ["TORCHINDUCTOR_CACHE_DIR"] = $"{folder}/inductor",
            ["TRITON_CACHE_DIR"] = $"{folder}/triton",
            ["VLLM_NO_USAGE_STATS"] = "1",
        },
    };

    private static Engine Tei { get; } = new()
    {
        Image = "ghcr.io/huggingface/text-embeddings-inference:1.8",
        KeyVariable = "API_KEY",
        Resources = new()
        {
            Requests = new() { Cpu = "2", Memory = "4Gi", EphemeralStorage = "1Gi" },
            Limits = new() { Cpu = "4", Memory = "8Gi", EphemeralStorage = "5Gi" },
        },
        Arguments = static values => ["--model-id", values.Model, "--port", Number(InferencePods.Port)],
        Environment = static folder => new Labels { ["HOME"] = folder, ["HUGGINGFACE_HUB_CACHE"] = folder },
    };
}
