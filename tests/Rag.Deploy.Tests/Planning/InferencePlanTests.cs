using System.Diagnostics;
using System.Net;
using System.Text;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Secrets;
using Rag.Deploy.Values;
using Rag.Testing;

namespace Rag.Deploy.Tests.Planning;

public sealed class InferencePlanTests
{
    [Fact]
    public void A_model_gets_GPUs_shared_memory_a_place_for_its_files_and_time_to_load()
    {
        var deployment = Environments.Plan("models").Find<Deployment>("inference-chat");

        var pod = deployment.Spec.Template.Spec;
        var container = Assert.Single(pod.Containers);
        Assert.Equal(("2", "2"), (container.Resources!.Requests!["nvidia.com/gpu"], container.Resources.Limits!["nvidia.com/gpu"]));
        Assert.Equal("l40s", pod.NodeSelector!["accelerator"]);
        Assert.Equal(("nvidia.com/gpu", "Exists", "NoSchedule"), (pod.Tolerations![0].Key, pod.Tolerations[0].Operator, pod.Tolerations[0].Effect));
        Assert.Equal("Memory", pod.Volumes!.Single(static volume => volume.Name == "shm").EmptyDir!.Medium);
        Assert.Contains(container.VolumeMounts!, static mount => mount is { Name: "shm", MountPath: "/dev/shm" });
        Assert.Equal("inference-chat", pod.Volumes!.Single(static volume => volume.Name == "models").PersistentVolumeClaim!.ClaimName);
        Assert.Equal("Qwen/Qwen3-8B", container.ReadinessProbe!.Exec!.Command[^1]);
        Assert.Equal(container.ReadinessProbe.Exec, container.StartupProbe!.Exec);
        Assert.Equal(3600, container.StartupProbe!.PeriodSeconds * container.StartupProbe.FailureThreshold);
        Assert.NotNull(container.LivenessProbe!.TcpSocket);
        Assert.Equal((1, 0), (deployment.Spec.Strategy.RollingUpdate!.MaxUnavailable!.Value.Number, deployment.Spec.Strategy.RollingUpdate.MaxSurge!.Value.Number));
        Assert.Contains("--tensor-parallel-size", container.Args!);
        Assert.Matches("^docker.io/vllm/vllm-openai:v[0-9.]+$", container.Image);
    }

    [Fact]
    public void One_pod_per_node_keeps_the_model_on_the_nodes_disk_and_asks_for_room_there()
    {
        var plan = Environments.Plan("models");

        var container = plan.Find<DaemonSet>("inference-embedding").Spec.Template.Spec.Containers[0];
        Assert.Equal("107520Mi", container.Resources!.Limits!["ephemeral-storage"]);
        Assert.DoesNotContain(plan.Objects, static planned => planned.Object is PersistentVolumeClaim { Metadata.Name: "inference-embedding" });
        Assert.DoesNotContain(plan.Objects, static planned => planned.Object is PodDisruptionBudget { Metadata.Name: "inference-embedding" });
    }

    [Fact]
    public void An_engine_without_a_list_of_models_is_asked_for_its_health() =>
        Assert.Equal(("/health", "http"), (Tei.ReadinessProbe!.HttpGet!.Path, Tei.ReadinessProbe.HttpGet.Port.ToString()));

    [PythonTheory]
    [InlineData("Qwen/Qwen3-8B", "key of the engine", 200, true, "")]
    [InlineData("Qwen/Qwen3-4B", "key of the engine", 200, false, "'Qwen/Qwen3-4B' is not served, but Qwen/Qwen3-8B")]
    [InlineData("Qwen/Qwen3-8B", "another key", 200, false, "401")]
    [InlineData("Qwen/Qwen3-8B", "key of the engine", 503, false, "503")]
    public async Task An_engine_is_ready_when_it_is_well_and_lists_the_model_to_who_has_the_key(string model, string key, int health, bool expected, string said)
    {
        await using var engine = new EngineServer(health);
        var command = Environments.Plan("models").Find<Deployment>("inference-chat").Spec.Template.Spec.Containers[0].ReadinessProbe!.Exec!.Command;
        Assert.Equal("http://127.0.0.1:8000", command[^2]);
        Assert.DoesNotContain(EngineServer.Key, string.Concat(command), StringComparison.Ordinal);
        // A proxy is for the way to the models, and not for this one.
        var start = new ProcessStartInfo("python3", [.. command.Skip(1).SkipLast(2), $"http://{engine.Address}", model])
        {
            RedirectStandardError = true,
            Environment = { ["VLLM_API_KEY"] = key, ["http_proxy"] = "http://127.0.0.1:1" },
        };

        using var process = Process.Start(start)!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.True(expected == (process.ExitCode == 0), error);
        Assert.Contains(said, error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_services_that_use_it_are_told_where_it_is_and_read_its_key_from_a_file()
    {
        var plan = Environments.Plan("models");

        var api = plan.Find<ConfigMap>("rag-api-config").Data!;
        Assert.Equal(("http://inference-chat:8000/v1", "Qwen/Qwen3-8B"), (api["Rag__Chat__BaseUrl"], api["Rag__Chat__Model"]));
        Assert.Equal("/run/secrets/platform/inference-key", api["Rag__Chat__ApiKeyFile"]);
        Assert.Equal(("openai", "1024", "http://inference-embedding:8000/v1"), (api["Rag__Embedding__Provider"], api["Rag__Embedding__Dimensions"], api["Rag__Embedding__BaseUrl"]));
        var worker = plan.Find<ConfigMap>("rag-ingest-config").Data!;
        Assert.Equal("BAAI/bge-m3", worker["Rag__Embedding__Model"]);
        Assert.False(worker.ContainsKey("Rag__Chat__BaseUrl"));
        Assert.Equal(plan.Find<Service>("inference-chat").Spec.Ports![0].Port, new Uri(api["Rag__Chat__BaseUrl"]).Port);
    }

    [Fact]
    public void The_key_is_one_of_the_platforms_secrets_and_the_engine_asks_for_it()
    {
        var container = Environments.Plan("models").Find<Deployment>("inference-chat").Spec.Template.Spec.Containers[0];

        var key = container.Env!.Single(static variable => variable.Name == "VLLM_API_KEY").ValueFrom!.SecretKeyRef!;
        Assert.Equal(("ragplatform-secrets", "inference-key"), (key.Name, key.Key));
        Assert.Matches("^[A-Za-z0-9]{32}$", SecretsFile.Parse(SecretsFile.Complete(TestManifest.Platform, Environments.All.Environments["models"], null).Text)["inference-key"]);
        Assert.False(SecretsFile.Parse(SecretsFile.Complete(TestManifest.Platform, new DeployValues(), null).Text).ContainsKey("inference-key"));
    }

    [Fact]
    public void Several_pods_share_the_models_files()
    {
        string Mode(int replicas) => Assert.Single(Environments.Plan(TestManifest.Platform, Read($"inference: {{ m: {{ model: x, replicas: {replicas} }} }}")).Find<PersistentVolumeClaim>("inference-m").Spec.AccessModes);

        Assert.Equal("ReadWriteOnce", Mode(1));
        Assert.Equal("ReadWriteMany", Mode(2));
    }

    [Theory]
    [InlineData("{ m: { model: x, engine: tei } }", "v.yaml:1: inference.m.engine: 'tei' is not allowed; allowed is: vllm, because it serves embeddings only")]
    [InlineData("{ m: { model: x, task: embedding, clients: { rag-api: Rag__Embedding } } }", "v.yaml:1: inference.m.dimensions: it is missing")]
    [InlineData("{ m: { model: x, clients: { nobody: Rag__Chat } } }", "v.yaml:1: inference.m.clients: there is no workload 'nobody'")]
    public void What_does_not_go_together_is_said(string inference, string expected)
    {
        var fault = Assert.Throws<ValuesException>(() => Environments.Plan(TestManifest.Platform, Read($"inference: {inference}")));

        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    private static Container Tei => Environments.Plan("models").Find<DaemonSet>("inference-embedding").Spec.Template.Spec.Containers[0];

    private static DeployValues Read(string text) => ValuesReader.Read([("v.yaml", text)]);

    /// <summary>What vLLM answers about itself: its health to everybody, its models to who has the key.</summary>
    private sealed class EngineServer(int health) : LoopbackServer
    {
        public const string Key = "key of the engine";

        protected override Task AnswerAsync(HttpListenerContext context)
        {
            var isKnown = context.Request.Headers["Authorization"] == $"Bearer {Key}";
            var (status, text) = context.Request.Url!.AbsolutePath switch
            {
                "/health" => (health, ""),
                "/v1/models" when isKnown => (200, """{"object":"list","data":[{"id":"Qwen/Qwen3-8B","object":"model"}]}"""),
                "/v1/models" => (401, """{"error":"Unauthorized"}"""),
                _ => (404, ""),
            };
            context.Response.StatusCode = status;
            context.Response.Close(Encoding.UTF8.GetBytes(text), willBlock: true);
            return Task.CompletedTask;
        }
    }
}
