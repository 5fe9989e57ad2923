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

    /// <summary>Whether it answers, and with the model that its clients ask for: for startup and readiness.</summary>
    public required Func<InferenceValues, Probe> Serves { get; init; }

    // /v1/models wants the key, which a request of the node's could hold only where everybody reads it: so it is asked from within, where the key
    // is. /health says beside whether the engine behind the interface still runs. Without the packages of vLLM, Python starts in no time.
    private const string AskVllm =
        """
        import json, os, sys, urllib.request as web
        opener = web.build_opener(web.ProxyHandler({}))
        def ask(path):
            request = web.Request(sys.argv[1] + path, headers={"Authorization": "Bearer " + os.environ["VLLM_API_KEY"]})
            return opener.open(request, timeout=4).read()
        ask("/health")
        served = [model["id"] for model in json.loads(ask("/v1/models"))["data"]]
        sys.exit(None if sys.argv[2] in served else "'%s' is not served, but %s" % (sys.argv[2], ", ".join(served)))
        """;

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
        Serves = static values => new Probe { Exec = new ExecAction(["python3", "-I", "-S", "-c", AskVllm, $"http://127.0.0.1:{Number(InferencePods.Port)}", values.Model]) },
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
        // It has no list of models, serves one, and computes with it to answer this. The key is not asked for here (since 1.6).
        Serves = static _ => new Probe { HttpGet = new HttpGetAction("/health", InferencePods.PortName) },
    };
}
