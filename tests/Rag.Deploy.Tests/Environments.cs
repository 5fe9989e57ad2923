using Rag.Deploy.AppModel;
using Rag.Deploy.Planning;
using Rag.Deploy.Values;
using Rag.Testing;

namespace Rag.Deploy.Tests;

/// <summary>The environments over which the rules are checked: those that the repository ships, and one for every mode that they do not use.</summary>
internal static class Environments
{
    private const string Everything =
        """
        cluster: { kubernetesVersion: "1.29", appArmor: true, quota: { enabled: true }, priorityClass: important, strictSpread: true, storageClass: fast }
        images: { registry: registry.example.com/rag, mirror: mirror.example.com, pullSecrets: [ registry ], pullPolicy: Always, digests: { rag-api: "sha256:0000000000000000000000000000000000000000000000000000000000000000" } }
        secrets: { mode: external, store: { name: vault, prefix: rag/prod/ } }
        exposure: { kind: gateway, hosts: { rag-web: rag.example.com, rag-api: api.rag.example.com }, gateway: { name: public, namespace: gateways }, fromNamespace: { kubernetes.io/metadata.name: gateways } }
        services:
          rag-ingest:
            queueScaling: { min: 1 }
          rag-api:
            egress: [ { cidr: 203.0.113.0/24, ports: [ 443 ] } ]
        stores:
          postgres: { mode: operator, replicas: 3, username: rag, storage: 200Gi, maxConnections: 500 }
          cache: { replicas: 2 }
          vectors: { mode: external, host: qdrant.example.com, tls: true, cidr: 198.51.100.0/24 }
        monitoring:
          mode: operator
          labels: { release: kube-prometheus-stack }
          runbooks: https://git.example.com/rag/docs/runbooks/
          collector: { otlp: { endpoint: "https://otlp.example.com", metrics: true, authorizationSecret: otlp, cidr: 192.0.2.0/24 } }
          alerts: { availability: "99.9", omit: [ RagAutoscalerAtMaximum ] }
        """;

    private const string Models =
        """
        migration: { administrator: { username: postgres, secret: database-administrator } }
        smokeTest: { service: rag-api, key: bootstrap-key }
        loadTest: { service: rag-api, key: bootstrap-key, rate: 50, p95: 500ms, errors: 0.1% }
        trust: { configMap: corporate-authorities }
        inference:
          chat: { model: Qwen/Qwen3-8B, gpus: 2, nodeSelector: { accelerator: l40s }, tokenSecret: hugging-face }
          embedding: { engine: tei, task: embedding, model: BAAI/bge-m3, dimensions: 1024, placement: daemonSet, clients: { rag-api: Rag__Embedding, rag-ingest: Rag__Embedding } }
        stores:
          postgres:
            mode: external
            host: postgres.example.com
            username: rag
            cidr: 198.51.100.0/24
            backup: { s3: { bucket: copies, endpoint: "https://s3.example.com:9000", region: eu-1, secret: s3-credentials, keepDays: 14 } }
          vectors: { replicas: 2, backup: { keep: 3 } }
        persistentVolumes:
          data-vectors-0: { local: { node: node-a, path: /srv/qdrant } }
          data-vectors-1: { local: { node: node-b, path: /srv/qdrant } }
          vectors-backup: { nfs: { server: nas.example.com, path: /export/qdrant } }
          inference-chat: { local: { node: node-g, path: /srv/models } }
        """;

    private const string OnClaim =
        """
        originals: { mode: claim, claim: { size: 500Gi, storageClass: shared } }
        stores: { postgres: { backup: {} } }
        """;

    private const string InBucket =
        """
        trust: { secret: corporate-authorities }
        originals: { mode: s3, s3: { bucket: documents, endpoint: "https://minio.example.com:9000", region: eu-1, secret: originals-key, cidr: 198.51.100.0/24 } }
        stores: { postgres: { backup: { s3: { bucket: documents, endpoint: "https://minio.example.com:9000", region: eu-1, secret: copies-key, cidr: 198.51.100.0/24 } } } }
        """;

    private static readonly string Folder = Path.Combine(Repository.Root, "deploy");

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> AllNames { get; } = ["dev", "prod", "everything", "models", "claim", "bucket", "example"];

    /// <summary>The first production file that people are given, in the folder of values.</summary>
    public static string Example { get; } = Path.Combine("examples", "values.prod.yaml");

    /// <summary>For theories.</summary>
    public static TheoryData<string> Names => [.. AllNames];

    public static EnvironmentValues All
    {
        get
        {
            var shipped = EnvironmentValues.Read(Folder);
            shipped.Environments["everything"] = ValuesReader.Read([Text("values.yaml"), Text("values.prod.yaml"), ("everything.yaml", Everything)]) with { Environment = "everything" };
            shipped.Environments["models"] = ValuesReader.Read([Text("values.yaml"), ("models.yaml", Models)]) with { Environment = "models" };
            shipped.Environments["claim"] = ValuesReader.Read([Text("values.yaml"), ("claim.yaml", OnClaim)]) with { Environment = "claim" };
            shipped.Environments["bucket"] = ValuesReader.Read([Text("values.yaml"), ("bucket.yaml", InBucket)]) with { Environment = "bucket" };
            shipped.Environments["example"] = ValuesReader.Read([Text("values.yaml"), Text(Example)]) with { Environment = "example" };
            return shipped;
        }
    }

    public static PlatformPlan Plan(string name) => Plan(TestManifest.Platform, All.Environments[name]);

    public static PlatformPlan Plan(AppManifest manifest, DeployValues values) => Planner.Plan(manifest, values, Planner.Features(values));

    /// <summary>A file of values that the repository ships.</summary>
    public static (string File, string Text) Text(string name) => (name, File.ReadAllText(Path.Combine(Folder, name)));
}
