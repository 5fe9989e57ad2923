using Rag.Deploy.AppModel;
using Rag.Deploy.Values;
using Rag.Testing;

namespace Rag.Deploy.Tests.Planning.Rules;

public sealed class ValueRulesTests : IDisposable
{
    private const string Shop =
        """
        "pw": { "type": "parameter.v0", "value": "{pw.inputs.value}", "inputs": { "value": { "type": "string", "secret": true, "default": { "generate": { "minLength": 22 } } } } },
        "region": { "type": "parameter.v0", "value": "{region.inputs.value}", "inputs": { "value": { "type": "string", "default": { "value": "here" } } } },
        "files": { "type": "container.v0", "image": "files:1", "volumes": [ { "name": "data", "target": "/data", "readOnly": false }, { "name": "old", "target": "/var/lib/ragplatform/originals/old", "readOnly": false } ],
          "bindings": { "http": { "scheme": "http", "protocol": "tcp", "transport": "http", "targetPort": 8080 } } },
        "mail": { "type": "container.v0", "image": "mail:1", "bindings": { "http": { "scheme": "http", "protocol": "tcp", "transport": "http", "targetPort": 8025 } } },
        "server": { "type": "container.v0", "image": "postgres:18", "connectionString": "Host={server.bindings.tcp.host};Username=postgres;Password={pw.value}",
          "bindings": { "tcp": { "scheme": "tcp", "protocol": "tcp", "transport": "tcp", "targetPort": 5432 } } },
        "open": { "type": "container.v0", "image": "redis:8", "connectionString": "{open.bindings.tcp.host}:6379",
          "bindings": { "tcp": { "scheme": "tcp", "protocol": "tcp", "transport": "tcp", "targetPort": 6379 } } },
        "orders": { "type": "value.v0", "connectionString": "{server.connectionString};Database=orders" },
        "stock": { "type": "value.v0", "connectionString": "{server.connectionString};Database=stock" },
        "worker": { "type": "project.v0", "path": "worker.csproj", "env": { "ConnectionStrings__orders": "{orders.connectionString}", "Region": "{region.value}" } }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("rag-rules-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    // Names that lead nowhere.
    [InlineData("services: { rag-ap: { replicas: 2 } }", "services.rag-ap: there is no such workload; there are: rag-api, rag-ingest, rag-web.")]
    [InlineData("services: { postgres: { replicas: 1 } }", "services.postgres: it is a store; its values stand in 'stores.postgres'.")]
    [InlineData("stores: { db: { storage: 1Gi } }", "stores.db: there is no such store; there are: postgres, cache, vectors.")]
    [InlineData("stores: { rag-api: { storage: 1Gi } }", "stores.rag-api: there is no such store;")]
    [InlineData("parameters: { colour: blue }", "parameters.colour: there is no such parameter; there is none.")]
    [InlineData("parameters: { postgres-password: x }", "parameters.postgres-password: it is a secret, and values are kept in version control;")]
    [InlineData("exposure: { kind: ingress, hosts: { rag-app: a.example.com } }", "exposure.hosts.rag-app: there is no such workload;")]
    [InlineData("exposure: { kind: ingress, hosts: { rag-ingest: a.example.com } }", "exposure.hosts.rag-ingest: the app model gives it no external HTTP endpoint;")]
    [InlineData("services: { rag-api: { probes: { endpoint: grpc } } }", "services.rag-api.probes.endpoint: there is no such endpoint; there are: http.")]
    [InlineData("services: { rag-api: { secretFiles: { Nothing: File } } }", "services.rag-api.secretFiles.Nothing: it has no such variable")]
    // Names that the cluster does not take.
    [InlineData("services: { rag-api: { env: { 'A=B': x } } }", "services.rag-api.env.A=B: Kubernetes has no such names of variables;")]
    [InlineData("services: { rag-api: { nodeSelector: { 'a b': x } } }", "services.rag-api.nodeSelector.a b: Kubernetes has no such labels;")]
    [InlineData("services: { rag-api: { nodeSelector: { a: 'x y' } } }", "services.rag-api.nodeSelector.a: 'x y' is not allowed;")]
    [InlineData("exposure: { annotations: { 'a b': x } }", "exposure.annotations.a b: Kubernetes has no such keys;")]
    [InlineData("images: { pullSecrets: [ My_Secret ] }", "images.pullSecrets[0]: 'My_Secret' is not allowed;")]
    [InlineData("namespace: default", "namespace: 'default' is not allowed;")]
    [InlineData("namespace: kube-rag", "namespace: 'kube-rag' is not allowed; allowed is: a namespace of the platform's own, not beginning with 'kube-',")]
    [InlineData("namespace: My.Space", "namespace: 'My.Space' is not allowed;")]
    // How many pods.
    [InlineData("services: { rag-api: { replicas: 5, autoscaling: { max: 3 } } }", "services.rag-api.autoscaling.max: '3' is not allowed; allowed is: 5 to 1000, because at least 5 pods run.")]
    [InlineData("services: { rag-api: { autoscaling: { min: 1, max: 3 } } }", "services.rag-api.autoscaling.min: '1' is not allowed; allowed is: 2 to 3,")]
    [InlineData("services: { rag-api: { autoscaling: { max: 3, cpu: null, memory: null } } }", "services.rag-api.autoscaling: neither cpu nor memory counts,")]
    [InlineData("services: { rag-api: { autoscaling: { max: 3 }, env: { Rag__Index__Provider: embedded } } }", "services.rag-api.autoscaling.memory: '80' is not allowed; allowed is: null,")]
    [InlineData("services: { rag-api: { disruption: { minAvailable: 2 } } }", "services.rag-api.disruption.minAvailable: '2' is not allowed; allowed is: 1, or a share that leaves one out, because at least 2 pods run,")]
    [InlineData("services: { rag-api: { replicas: 5, autoscaling: { min: 3, max: 5 }, disruption: { minAvailable: 3 } } }", "services.rag-api.disruption.minAvailable: '3' is not allowed; allowed is: 1 to 2,")]
    [InlineData("services: { rag-api: { disruption: { minAvailable: 51% } } }", "services.rag-api.disruption.minAvailable: '51%' is not allowed;")]
    [InlineData("services: { rag-api: { replicas: 1, disruption: { minAvailable: 1 } } }", "services.rag-api.disruption.minAvailable: '1' is not allowed; allowed is: only 'maxUnavailable',")]
    [InlineData("services: { rag-api: { disruption: { minAvailable: 1, maxUnavailable: 1 } } }", "services.rag-api.disruption.maxUnavailable: 'minAvailable' is given as well,")]
    [InlineData("services: { rag-ingest: { queueScaling: { min: 3, max: 2 } } }", "services.rag-ingest.queueScaling.max: '2' is not allowed; allowed is: 3 to 1000,")]
    [InlineData("services: { rag-ingest: { queue: { store: cache } } }", "services.rag-ingest.queue.store: there is no such PostgreSQL in the app model; there are: postgres.")]
    [InlineData("services: { rag-ingest: { queue: { database: other } } }", "services.rag-ingest.queue.database: there is no such database on postgres; there are: ragdb.")]
    [InlineData("services: { rag-web: { queueScaling: { max: 5 } } }", "services.rag-web.queue: it is missing;")]
    // What a pod gets.
    [InlineData("services: { rag-api: { resources: { limits: { cpu: 100m } } } }", "services.rag-api.resources.limits.cpu: '100m' is not allowed; allowed is: 500m and more, because so much is requested.")]
    [InlineData("services: { rag-api: { resources: { limits: { memory: 128Mi } } } }", "services.rag-api.resources.limits.memory: '128Mi' is not allowed; allowed is: 512Mi and more,")]
    [InlineData("services: { rag-api: { resources: { requests: { ephemeralStorage: 3Gi } } } }", "services.rag-api.resources.requests.ephemeralStorage: '3Gi' is not allowed; allowed is: up to 1Gi, because that is the limit.")]
    [InlineData("stores: { cache: { resources: { limits: { memory: 128Mi } } } }", "stores.cache.resources.limits.memory: '128Mi' is not allowed; allowed is: 256Mi and more,")]
    [InlineData("services: { rag-api: { resources: { limits: { memory: 512m } } } }", "services.rag-api.resources.limits.memory: '512m' is not allowed; allowed is: an amount such as 512Mi or 10Gi, below 1000Pi.")]
    [InlineData("services: { rag-api: { resources: { limits: { cpu: 1Gi } } } }", "services.rag-api.resources.limits.cpu: '1Gi' is not allowed; allowed is: an amount such as 500m or 2, from 1m to 9999.")]
    [InlineData("services: { rag-api: { scratch: { /cache: much } } }", "services.rag-api.scratch./cache: 'much' is not allowed;")]
    [InlineData("services: { rag-api: { scratch: { cache: 1Gi } } }", "services.rag-api.scratch.cache: 'cache' is not allowed; allowed is: an absolute path,")]
    [InlineData("services: { rag-api: { scratch: { /run/secrets/platform: 1Gi } } }", "services.rag-api.scratch./run/secrets/platform: something else is mounted there;")]
    [InlineData("services: { rag-ingest: { resources: { limits: { ephemeralStorage: 2Gi } } } }", "services.rag-ingest.resources.limits.ephemeralStorage: '2Gi' is not allowed; allowed is: more than 2Gi, because the folders of Deployment rag-ingest may take so much of it (/tmp 2Gi)")]
    [InlineData("services: { rag-api: { scratch: { /cache: 1Gi }, resources: { limits: { ephemeralStorage: 1Gi } } } }", "services.rag-api.resources.limits.ephemeralStorage: '1Gi' is not allowed; allowed is: more than 1280Mi,")]
    [InlineData("stores: { cache: { resources: { limits: { ephemeralStorage: 512Mi } } } }", "stores.cache.resources.limits.ephemeralStorage: '512Mi' is not allowed; allowed is: more than 576Mi,")]
    [InlineData("services: { rag-api: { volumes: { /data: 1Gi } } }", "services.rag-api.volumes./data: there is no such volume in the app model; there is none.")]
    [InlineData("cluster: { quota: { pods: 5 } }", "cluster.quota.pods: '5' is not allowed; allowed is: 13 to 10000, because so many may run at the same time: postgres 1, cache 1, vectors 1, rag-api-migration 1, rag-api 3, rag-ingest 3, rag-web 3.")]
    [InlineData("cluster: { quota: { cpu: '1' } }", "cluster.quota.cpu: '1' is not allowed; allowed is:")]
    [InlineData("cluster: { quota: { memory: 1Gi } }", "cluster.quota.memory: '1Gi' is not allowed; allowed is:")]
    [InlineData("cluster: { quota: { pods: 16 } }\nmonitoring: { mode: bundled }\nsmokeTest: { service: rag-api, key: bootstrap-key }\nstores: { postgres: { backup: {} } }", "cluster.quota.pods: '16' is not allowed; allowed is: 19 to 10000, because so many may run at the same time: postgres 1, cache 1, vectors 1, rag-api-migration 1, rag-api 3, rag-ingest 3, rag-web 3, postgres-backup 1, postgres-restore 1, otel-collector 2, prometheus 1, smoke-test 1.")]
    [InlineData("cluster: { quota: { memory: 64Gi } }\ninference: { chat: { model: m, replicas: 4 } }", "cluster.quota.memory: '64Gi' is not allowed; allowed is: 72448Mi and more, because so much do all pods request at the same time at the most, inference-chat alone 65536Mi.")]
    [InlineData("cluster: { quota: { cpu: '20' } }\ninference: { chat: { model: m, placement: daemonSet, replicas: 5 } }", "cluster.quota.cpu: '20' is not allowed; allowed is: 24.25 and more, because so much do all pods request at the same time at the most, inference-chat alone 20.")]
    [InlineData("inference: { chat: { model: m, resources: { limits: { memory: 8Gi } } } }", "inference.chat.resources.limits.memory: '8Gi' is not allowed; allowed is: 16Gi and more,")]
    [InlineData("migration: { resources: { limits: { cpu: 50m } } }", "migration.resources.limits.cpu: '50m' is not allowed; allowed is: 100m and more,")]
    // How it is asked, and how it stops.
    [InlineData("services: { rag-api: { probes: { liveness: /health/ready } } }", "services.rag-api.probes.liveness: '/health/ready' is not allowed; allowed is: another path,")]
    [InlineData("services: { rag-api: { shutdown: { delaySeconds: 60, timeoutSeconds: 3600 } } }", "services.rag-api.shutdown.timeoutSeconds: '3600' is not allowed; allowed is: 1 to 3535,")]
    [InlineData("services: { rag-api: { env: { Rag__Shutdown__Timeout: '00:01:00' } } }", "services.rag-api.env.Rag__Shutdown__Timeout: the program is told this by 'shutdown.timeoutSeconds';")]
    [InlineData("services: { rag-api: { tolerations: [ { operator: Exists, value: x } ] } }", "services.rag-api.tolerations[0].value: 'x' is not allowed;")]
    [InlineData("services: { rag-api: { tolerations: [ { operator: Equal, value: x } ] } }", "services.rag-api.tolerations[0].key: it is missing;")]
    // Stores.
    [InlineData("stores: { postgres: { mode: external } }", "stores.postgres.host: it is missing; an external store needs the host name")]
    [InlineData("stores: { postgres: { host: db.example.com } }", "stores.postgres.host: it is bundled,")]
    [InlineData("stores: { postgres: { mode: bundled, port: 5555 } }", "stores.postgres.port: it is bundled, which is the default, and has the app model's port; this needs 'mode: external'.")]
    [InlineData("stores: { postgres: { tls: true } }", "stores.postgres.tls: it is bundled,")]
    [InlineData("stores: { postgres: { mode: operator, tls: true } }", "stores.postgres.tls: the operator makes it, and has a certificate of the operator's own; this needs 'mode: external'.")]
    [InlineData("network: { kedaNamespace: { 'a b': x } }", "network.kedaNamespace.a b: Kubernetes has no such labels;")]
    [InlineData("network: { operatorNamespace: { a: 'x y' } }", "network.operatorNamespace.a: 'x y' is not allowed;")]
    [InlineData("stores: { vectors: { cidr: 198.51.100.0/24 } }", "stores.vectors.cidr: it is bundled,")]
    [InlineData("migration: null\nstores: { postgres: { username: rag } }", "stores.postgres.username: it is bundled, and nobody makes this user: a job ('migration') does,")]
    [InlineData("stores: { postgres: { mode: external, host: db.example.com, user: 70 } }", "stores.postgres.user: '70' is not allowed; allowed is: none, because only a bundled store has pods here.")]
    [InlineData("stores: { cache: { username: rag } }", "stores.cache.username: it is bundled, and nobody makes this user:")]
    [InlineData("stores: { postgres: { username: 'a;b' } }", "stores.postgres.username: 'a;b' is not allowed;")]
    [InlineData("migration: { administrator: { username: postgres } }", "migration.administrator.username: a bundled PostgreSQL is made with an administrator and a password of his own;")]
    [InlineData("migration: { administrator: { secret: admin } }", "migration.administrator.secret: a bundled PostgreSQL is made with")]
    [InlineData("migration: { administrator: { username: a } }\nstores: { postgres: { mode: external, host: db.example.com } }", "migration.administrator.secret: it is missing;")]
    [InlineData("stores: { postgres: { replicas: 2 } }", "stores.postgres.replicas: '2' is not allowed; allowed is: 1,")]
    [InlineData("stores: { cache: { mode: operator } }", "stores.cache.mode: 'operator' is not allowed; allowed is: bundled or external,")]
    [InlineData("stores: { postgres: { mode: operator, username: postgres } }", "stores.postgres.username: 'postgres' is not allowed;")]
    [InlineData("stores: { vectors: { mode: external, host: q.example.com, port: 6334 } }", "stores.vectors.port: '6334' is not allowed; allowed is: any other port, because the endpoint 'grpc' has it.")]
    [InlineData("stores: { postgres: { mode: external, host: db.example.com, cidr: 10.0.0.1/8 } }", "stores.postgres.cidr: '10.0.0.1/8' is not allowed;")]
    [InlineData("stores: { postgres: { backup: { schedule: '61 2 * * *' } } }", "stores.postgres.backup.schedule: '61 2 * * *' is not allowed; allowed is: five fields of cron")]
    [InlineData("stores: { postgres: { backup: { schedule: '0 2 * * 5-1' } } }", "stores.postgres.backup.schedule: '5-1' ends before it begins;")]
    [InlineData("stores: { vectors: { replicas: 2, replicationFactor: 3 } }", "stores.vectors.replicationFactor: '3' is not allowed; allowed is: 1 to 2, because Qdrant has 2 node(s).")]
    [InlineData("stores: { vectors: { replicas: 1 } }\nservices: { rag-api: { env: { Rag__Index__Qdrant__ReplicationFactor: '2' } } }", "services.rag-api.env.Rag__Index__Qdrant__ReplicationFactor: '2' is not allowed; allowed is: 1, because Qdrant has 1 node(s).")]
    [InlineData("services: { rag-api: { replicas: 20 } }", "stores.postgres.maxConnections: '200' is not allowed; allowed is: 413 to 10000, because rag-api with 21 x 17, rag-ingest with 3 x 17, rag-api-migration with 1 x 2 may connect")]
    [InlineData("stores: { postgres: { maxConnections: 100, backup: {} } }\nservices: { rag-ingest: { queueScaling: { max: 4 } } }", "stores.postgres.maxConnections: '100' is not allowed; allowed is: 145 to 10000, because rag-api with 3 x 17, rag-ingest with 5 x 17, rag-api-migration with 1 x 2, postgres-backup with 1 x 1, postgres-restore with 1 x 1, KEDA for rag-ingest with 2 may connect")]
    [InlineData("stores: { postgres: { backup: { schedule: '0 0 31 2,4 *' } } }", "stores.postgres.backup.schedule: '0 0 31 2,4 *' never comes; allowed is: a day that one of its months has.")]
    // Models.
    [InlineData("inference: { My_Model: { model: m } }", "inference.My_Model: 'My_Model' is not allowed as a name; allowed are: lower case letters,")]
    [InlineData("inference: { a: { model: m }, b: { model: n } }", "inference.b.clients: rag-api has its Rag__Chat from 'a';")]
    [InlineData("inference: { chat: { model: m, nodeSelector: { a: 'x y' } } }", "inference.chat.nodeSelector.a: 'x y' is not allowed;")]
    [InlineData("inference: { chat: { model: m, egress: [ { cidr: 203.0.113.7/24 } ] } }", "inference.chat.egress[0].cidr: '203.0.113.7/24' is not allowed;")]
    [InlineData("services: { rag-api: { models: { chat: 'Rag:Chat' } } }", "services.rag-api.models.chat: 'Rag:Chat' is not allowed; allowed is: letters, digits and '_',")]
    // The way in and the ways out.
    [InlineData("exposure: { kind: ingress }", "exposure.hosts: it is empty;")]
    [InlineData("exposure: { kind: ingress, tlsSecret: certificate }", "exposure.tlsSecret: there is no host that its certificate could be for;")]
    [InlineData("exposure: { kind: gateway, tlsSecret: certificate, hosts: { rag-web: a.example.com } }", "exposure.tlsSecret: 'certificate' is not allowed; allowed is: none,")]
    [InlineData("exposure: { kind: ingress, hosts: { rag-web: a.example.com, rag-api: a.example.com } }", "exposure.hosts.rag-api: 'a.example.com' is not allowed; allowed is: another host, because 'rag-web' has it.")]
    [InlineData("exposure: { kind: ingress, hosts: { rag-web: '*.example.com' } }", "exposure.hosts.rag-web: '*.example.com' is not allowed; allowed is: a host name")]
    [InlineData("exposure: { annotations: { nginx.ingress.kubernetes.io/server-snippet: x } }", "exposure.annotations.nginx.ingress.kubernetes.io/server-snippet: a snippet becomes part")]
    [InlineData("services: { rag-api: { egress: [ { cidr: 203.0.113.7/24 } ] } }", "services.rag-api.egress[0].cidr: '203.0.113.7/24' is not allowed;")]
    [InlineData("services: { rag-api: { egress: [ { cidr: 203.0.113.0/24, ports: [ 443, 443 ] } ] } }", "services.rag-api.egress[0].ports: port 443 is named twice;")]
    [InlineData("services: { rag-api: { egress: [ { cidr: 203.0.113.0/24, ports: [ 0 ] } ] } }", "services.rag-api.egress[0].ports[0]: '0' is not allowed; allowed is: 1 to 65535.")]
    [InlineData("services: { rag-api: { egress: [ { ports: [ 443 ] } ] } }", "services.rag-api.egress[0].cidr: it is missing; name a range of addresses, or a 'namespace' of the cluster.")]
    [InlineData("services: { rag-api: { egress: [ { cidr: 203.0.113.0/24, namespace: models } ] } }", "services.rag-api.egress[0].namespace: 'cidr' is given as well;")]
    [InlineData("services: { rag-api: { egress: [ { cidr: 203.0.113.0/24, pods: { app: vllm } } ] } }", "services.rag-api.egress[0].pods: pods are chosen in a 'namespace' only.")]
    [InlineData("services: { rag-api: { egress: [ { namespace: models, pods: { app: 'v llm' } } ] } }", "services.rag-api.egress[0].pods.app: 'v llm' is not allowed;")]
    // Secrets in the values.
    [InlineData("services: { rag-api: { env: { Rag__Chat__ApiKey: sk-topsecret } } }", "services.rag-api.env.Rag__Chat__ApiKey: it is a secret, and values are kept in version control; allowed is: an expression.")]
    [InlineData("services: { rag-web: { env: { Smtp__Password: hunter2 } } }", "services.rag-web.env.Smtp__Password: it is a secret,")]
    [InlineData("services: { rag-web: { env: { Feed: 'https://reader:hunter2@example.com/' } } }", "services.rag-web.env.Feed: it is a secret,")]
    [InlineData("services: { rag-api: { env: { ConnectionStrings__vectors_http: 'Endpoint=https://q.example.com;Key=hunter2' } } }", "services.rag-api.env.ConnectionStrings__vectors_http: it is a secret,")]
    [InlineData("inference: { m: { model: x, env: { HF_TOKEN: hf_abc } } }", "inference.m.env.HF_TOKEN: it is a secret,")]
    [InlineData("secrets: { more: [ model_key ] }", "secrets.more[0]: 'model_key' is not allowed; allowed is: letters, digits and '-',")]
    [InlineData("secrets: { more: [ model-key, model-key ] }", "secrets.more[1]: 'model-key' is named twice;")]
    [InlineData("secrets: { more: [ rag-api ] }", "secrets.more[0]: 'rag-api' is not allowed; allowed is: a name that no other resource of the app model has.")]
    [InlineData("secrets: { more: [ model-key ] }\nparameters: { model-key: x }", "parameters.model-key: it is a secret,")]
    [InlineData("services: { rag-api: { egress: [ { cidr: 203.0.113.0/24, ports: [] } ] } }", "services.rag-api.egress[0].ports: it is empty, which would allow every port;")]
    [InlineData("network: { dns: { ports: [] } }", "network.dns.ports: it is empty, which would allow every port;")]
    [InlineData("network: { dns: { cidr: 10.96.0.10/16 } }", "network.dns.cidr: '10.96.0.10/16' is not allowed;")]
    [InlineData("network: { dns: { podLabels: { k8s-app: 'kube dns' } } }", "network.dns.podLabels.k8s-app: 'kube dns' is not allowed;")]
    // An index in memory, arguments, waiting.
    [InlineData("services: { rag-api: { embeddedIndex: { chunks: 1000 } } }", "services.rag-api.embeddedIndex: it holds no index in its memory (Rag__Index__Provider is 'qdrant'); allowed is: with 'env: { Rag__Index__Provider: embedded }'")]
    [InlineData("services: { rag-web: { embeddedIndex: { chunks: 1000 } } }", "services.rag-web.embeddedIndex: it holds no index in its memory (Rag__Index__Provider is not set);")]
    [InlineData("services: { rag-api: { embeddedIndex: { chunks: 1000 }, env: { Rag__Index__Provider: embedded }, autoscaling: { max: 3 } } }", "services.rag-api.autoscaling.memory: '80' is not allowed; allowed is: null,")]
    [InlineData("services: { rag-web: { args: [ --key, $(NOBODY) ] } }", "services.rag-web.args[1]: there is no such variable as '$(NOBODY)' names; there are:")]
    // Originals.
    [InlineData("originals: { claim: { size: 1Gi } }", "originals.claim: they are where the app model says, which is the default; this needs 'mode: claim'. Where it comes from a common file, set it to null here.")]
    [InlineData("originals: { s3: { bucket: files, secret: key } }", "originals.s3: they are where the app model says, which is the default; this needs 'mode: s3'. Where it comes from a common file, set it to null here.")]
    [InlineData("originals: { mode: claim, s3: { bucket: files, secret: key } }", "originals.s3: they are on a claim; this needs 'mode: s3'. Where it comes from a common file, set it to null here.")]
    [InlineData("originals: { mode: s3, claim: {}, s3: { bucket: files, secret: key } }", "originals.claim: they are in a bucket; this needs 'mode: claim'. Where it comes from a common file, set it to null here.")]
    [InlineData("originals: { mode: s3 }", "originals.s3: it is missing; with 'mode: s3' name the 'bucket', and the 'secret' that opens it.")]
    [InlineData("originals: { mode: s3, s3: { bucket: files } }", "originals.s3.secret: it is missing.")]
    [InlineData("originals: { mode: s3, s3: { bucket: Files, secret: key } }", "originals.s3.bucket: 'Files' is not allowed; allowed is: lower case letters, digits, '-' and '.', 3 to 63 characters.")]
    [InlineData("originals: { mode: s3, s3: { bucket: files, secret: key, prefix: /files } }", "originals.s3.prefix: '/files' is not allowed; allowed is: a path without '/' at its ends, of folders that do not begin with '.'.")]
    [InlineData("originals: { mode: s3, s3: { bucket: files, secret: key, endpoint: 'https://store/x?y' } }", "originals.s3.endpoint: 'https://store/x?y' is not allowed; allowed is: an http or https URL without credentials and without a query, such as https://minio.example.com:9000.")]
    [InlineData("originals: { mode: s3, s3: { bucket: files, secret: key, prefix: files/.staging } }", "originals.s3.prefix: 'files/.staging' is not allowed; allowed is: a path without '/' at its ends, of folders that do not begin with '.'.")]
    [InlineData("originals: { mode: s3, s3: { bucket: files, secret: key, cidr: 10.0.0.1/8 } }", "originals.s3.cidr: '10.0.0.1/8' is not allowed; allowed is: a range that begins with its first address,")]
    [InlineData("originals: { mode: s3, s3: { bucket: files, secret: key, keepDays: 3 } }", "originals.s3.keepDays: there is no such key; there are: bucket, prefix, endpoint, region, secret, cidr, pathStyle.")]
    [InlineData("originals: { mode: s3, s3: { bucket: files, secret: key, prefix: rag/postgres/x } }\nstores: { postgres: { backup: { s3: { bucket: files, secret: key, prefix: rag/postgres } } } }", "originals.s3.prefix: 'rag/postgres/x' is not allowed; allowed is: a folder that is neither 'rag/postgres' nor in it nor around it, because the copies of 'postgres' are there.")]
    [InlineData("originals: { mode: s3, s3: { bucket: files, secret: key, prefix: ragplatform } }\nstores: { postgres: { backup: { s3: { bucket: files, secret: key } } } }", "originals.s3.prefix: 'ragplatform' is not allowed; allowed is: a folder that is neither 'ragplatform/postgres' nor in it nor around it,")]
    [InlineData("originals: { mode: claim, services: [] }", "originals.services: it is empty; name the workloads that read and write them.")]
    [InlineData("originals: { mode: claim, services: [ rag-api, rag-ingets ] }", "originals.services[1]: there is no such workload; there are: rag-api, rag-ingest, rag-web.")]
    [InlineData("originals: { mode: claim, services: [ rag-api, rag-api ] }", "originals.services[1]: 'rag-api' is named twice; allowed is: each once.")]
    [InlineData("originals: { mode: claim, section: '' }", "originals.section: it is missing; name what the variables begin with that tell the services, such as App__Files for App__Files__Provider.")]
    [InlineData("originals: { mode: claim }\nservices: { rag-ingest: { user: 20000 } }", "originals.services: rag-api runs as 10001, rag-ingest runs as 20000, and none could write what another made; allowed are: workloads with the same 'user'.")]
    [InlineData("originals: { mode: claim }\nservices: { rag-api: { scratch: { /var/lib/ragplatform/originals: 1Gi } } }", "services.rag-api.scratch./var/lib/ragplatform/originals: the originals are at /var/lib/ragplatform/originals; allowed is: a folder that is neither it nor in it.")]
    [InlineData("originals: { mode: claim }\nservices: { rag-api: { scratch: { /var/lib/ragplatform/originals/x: 1Gi } } }", "services.rag-api.scratch./var/lib/ragplatform/originals/x: the originals are at")]
    [InlineData("originals: { mode: s3, s3: { bucket: files, secret: key } }\nservices: { rag-api: { scratch: { /run/secrets/originals: 1Gi } } }", "services.rag-api.scratch./run/secrets/originals: the originals are at /run/secrets/originals;")]
    [InlineData("originals: { mode: claim }\nservices: { rag-api: { env: { Rag__Blobs__Provider: postgres } } }", "services.rag-api.env.Rag__Blobs__Provider: the program is told this by 'originals'; allowed is: one of both.")]
    [InlineData("originals: { mode: claim, claim: { existing: uploads, size: 1Gi } }", "originals.claim.size: '1Gi' is not allowed; allowed is: none, because 'uploads' exists and has its own ('existing').")]
    [InlineData("originals: { mode: claim, claim: { existing: uploads, storageClass: shared } }", "originals.claim.storageClass: 'shared' is not allowed; allowed is: none, because 'uploads' exists and has its own ('existing').")]
    [InlineData("originals: { mode: folder }", "originals.mode: 'folder' is not allowed; allowed are: appModel, claim, s3.")]
    // Images and secrets.
    [InlineData("version: '1.0.'", "version: '1.0.' is not allowed; allowed is: a version that is a label and an image tag:")]
    [InlineData("version: _1", "version: '_1' is not allowed;")]
    [InlineData("version: '1234567890123456789012345678901234567890123456789012345678901234'", "version: '1234567890123456789012345678901234567890123456789012345678901234' is not allowed;")]
    [InlineData("images: { digests: { rag-ap: 'sha256:0000000000000000000000000000000000000000000000000000000000000000' } }", "images.digests.rag-ap: there is no such image; there are: ")]
    [InlineData("images: { override: { redis: 'redis:8' } }", "images.override.redis: there is no such image;")]
    [InlineData("services: { rag-api: { env: { A: '{nobody.value}' } } }", "services.rag-api.env.A: it cannot be resolved against the app model: ")]
    [InlineData("version: latest", "version: 'latest' is not allowed;")]
    [InlineData("images: { override: { rag-api: 'rag-api:latest' } }", "images.override.rag-api: 'rag-api:latest' is not allowed;")]
    [InlineData("images: { digests: { rag-api: abc } }", "images.digests.rag-api: 'abc' is not allowed; allowed is: 'sha256:' and 64")]
    [InlineData("images: { digests: { postgress: 'sha256:0000000000000000000000000000000000000000000000000000000000000000' } }", "images.digests.postgress: there is no such image; there are: ")]
    [InlineData("images: { override: { grafana: 'grafana:1' } }", "images.override.grafana: there is no such image;")]
    [InlineData("images: { airGap: 'http://registry.local' }", "images.airGap: 'http://registry.local' is not allowed; allowed is: a host, a port and a path")]
    [InlineData("images: { pullPolicy: Always }", "images.pullPolicy: 'Always' is not allowed; allowed is: IfNotPresent or Never,")]
    [InlineData("images: { registry: r.example.com, allowedRegistries: [ r.example.com, docker.io/library ] }", "images.allowedRegistries: 'docker.io/qdrant/qdrant:v1.18.0-unprivileged' comes from none of them;")]
    [InlineData("secrets: { mode: existing }", "secrets.name: it is missing;")]
    [InlineData("secrets: { mode: external }", "secrets.store.name: it is missing;")]
    [InlineData("secrets: { store: { name: vault } }", "secrets.store.name: a store is asked with 'mode: external' only.")]
    public void Each_contradiction_is_one_line_with_its_place_and_what_is_allowed_and_nothing_is_written(string text, string expected) =>
        Refused(TestManifest.Platform, [("values.yaml", File.ReadAllText(Path.Combine(Repository.Root, "deploy", "values.yaml"))), ("wrong.yaml", text)], expected);

    [Theory]
    [InlineData("services: { files: { replicas: 2 } }", "services.files.replicas: '2' is not allowed; allowed is: 0 to 1, because the app model gives it volumes,")]
    [InlineData("services: { files: { autoscaling: { min: 2 } } }", "services.files.autoscaling: it cannot be scaled,")]
    [InlineData("services: { files: { queueScaling: { max: 2 }, queue: { store: server, database: orders, query: q } } }", "services.files.queueScaling: it cannot be scaled,")]
    [InlineData("services: { files: { volumes: { /other: 1Gi } } }", "services.files.volumes./other: there is no such volume in the app model; there are: /data, /var/lib/ragplatform/originals/old.")]
    [InlineData("services: { mail: { autoscaling: { max: 3 } } }", "services.mail.replicas: '1' is not allowed; allowed is: 2 to 3,")]
    [InlineData("services: { worker: { probes: { kind: http } } }", "services.worker.probes.kind: 'http' is not allowed; allowed is: none,")]
    [InlineData("services: { mail: { waitFor: {} } }", "services.mail.waitFor: neither its variables nor its arguments lead to an endpoint of TCP")]
    [InlineData("stores: { open: { storage: 1Gi } }", "stores.open: 'redis:8' is not recognised as a store with a password;")]
    [InlineData("stores: { server: { mode: operator } }", "stores.server.mode: 'operator' is not allowed; allowed is: bundled or external, because the operator makes one database, and the app model has orders, stock.")]
    [InlineData("originals: { mode: claim, services: [ server ], section: Files }", "originals.services[0]: there is no such workload; there are: files, mail, open, worker.")]
    [InlineData("originals: { mode: claim, services: [ files ], section: Files }", "originals.services: the app model mounts something into files at /var/lib/ragplatform/originals/old; allowed are: workloads that have nothing at /var/lib/ragplatform/originals or in it.")]
    [InlineData("services: { worker: { pool: { size: 100 } } }", "stores.server.maxConnections: '200' is not allowed; allowed is: 303 to 10000,")]
    public void What_another_app_model_does_not_allow_is_said_in_the_same_way(string text, string expected) =>
        Refused(TestManifest.Of(Shop), [("wrong.yaml", text)], expected);

    [Fact]
    public void All_contradictions_of_all_environments_are_named_at_once()
    {
        var values = new EnvironmentValues(new DeployValues(), new SortedDictionary<string, DeployValues>(StringComparer.Ordinal)
        {
            ["dev"] = ValuesReader.Read([("dev.yaml", "stores: { postgres: { mode: external }, cache: { mode: operator } }")]),
            ["prod"] = ValuesReader.Read([("prod.yaml", "exposure: { kind: ingress }")]),
        });

        var fault = Assert.Throws<ValuesException>(() => Generation.Write(TestManifest.Platform, values, _folder));

        Assert.Equal(["dev.yaml:1: stores.postgres.host", "dev.yaml:1: stores.cache.mode", "prod.yaml:1: exposure.hosts"], fault.Faults.Select(static line => string.Join(": ", line.Split(": ")[..2])));
    }

    [Fact]
    public void A_fault_of_what_all_services_share_is_one_line_and_names_the_shared_value()
    {
        var fault = Assert.Throws<ValuesException>(() => Generate(TestManifest.Platform, [("v.yaml", "services:\n  defaults:\n    resources: { limits: { cpu: 50m } }\n  rag-api: { replicas: 2 }\n  rag-web: { replicas: 2 }\n")]));

        Assert.Equal("v.yaml:3: services.defaults.resources.limits.cpu: '50m' is not allowed; allowed is: 100m and more, because so much is requested.", Assert.Single(fault.Faults));
    }

    [Fact]
    public void A_claim_may_grow_and_not_shrink()
    {
        Generate(TestManifest.Platform, [("v.yaml", "stores: { postgres: { storage: 20Gi, backup: {} } }")]);
        Generate(TestManifest.Platform, [("v.yaml", "stores: { postgres: { storage: 30Gi, backup: {} } }")]);
        var before = File.ReadAllText(Path.Combine(_folder, "claims.json"));

        var fault = Assert.Throws<ValuesException>(() => Generate(TestManifest.Platform, [("v.yaml", "stores: { postgres: { storage: 25600Mi, backup: { storage: 1Gi } } }")]));

        Assert.Equal(2, fault.Faults.Count);
        Assert.StartsWith("v.yaml:1: stores.postgres.backup.storage: '1Gi' is not allowed; allowed is: 20Gi and more,", fault.Faults[0], StringComparison.Ordinal);
        Assert.StartsWith("v.yaml:1: stores.postgres.storage: '25600Mi' is not allowed; allowed is: 30Gi and more,", fault.Faults[1], StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(Path.Combine(_folder, "claims.json")));
    }

    [Fact]
    public void The_claim_of_originals_may_grow_and_not_shrink()
    {
        Generate(TestManifest.Platform, [Environments.Text("values.yaml"), ("v.yaml", "originals: { mode: claim, claim: { size: 20Gi } }")]);

        var fault = Assert.Throws<ValuesException>(() => Generate(TestManifest.Platform, [Environments.Text("values.yaml"), ("v.yaml", "originals: { mode: claim, claim: { size: 10Gi } }")]));

        Assert.StartsWith("v.yaml:1: originals.claim.size: '10Gi' is not allowed; allowed is: 20Gi and more,", Assert.Single(fault.Faults), StringComparison.Ordinal);
        Generate(TestManifest.Platform, [Environments.Text("values.yaml"), ("v.yaml", "originals: { mode: claim, claim: { existing: uploads } }")]);
    }

    [Theory]
    [InlineData("nfs: { server: nas, path: /export/o }", "nfs: { server: NAS, path: /export/o/ }", "originals.nfs.path: '/export/o' is not allowed; allowed is: a folder of its own, neither in another's nor around it, because originals of 'dev' has /export/o on NAS.")]
    [InlineData("nfs: { server: nas, path: /export/o/prod }", "nfs: { server: nas, path: /export/o }", "originals.nfs.path: '/export/o/prod' is not allowed;")]
    [InlineData("local: { node: a, path: /data }", "local: { node: a, path: /data }", "originals.local.path: '/data' is not allowed;")]
    [InlineData("local: { node: a, path: /data }", "local: { node: b, path: /data }", null)]
    [InlineData("nfs: { server: nas, path: /export/other }", "nfs: { server: nas, path: /export/o }", null)]
    public void Two_environments_have_no_folder_of_a_server_in_common(string prod, string dev, string? expected)
    {
        DeployValues Environment(string name, string volume) => ValuesReader.Read(
            [Environments.Text("values.yaml"), ($"{name}.yaml", $"namespace: {name}\noriginals: {{ mode: claim }}\npersistentVolumes: {{ originals: {{ {volume} }} }}")]) with { Environment = name };
        var values = new EnvironmentValues(new DeployValues(), new SortedDictionary<string, DeployValues>(StringComparer.Ordinal) { ["dev"] = Environment("dev", dev), ["prod"] = Environment("prod", prod) });

        if (expected is null)
        {
            Generation.Write(TestManifest.Platform, values, _folder);
            return;
        }

        var fault = Assert.Throws<ValuesException>(() => Generation.Write(TestManifest.Platform, values, _folder));
        Assert.StartsWith($"prod.yaml:3: persistentVolumes.{expected}", Assert.Single(fault.Faults), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("", ", endpoint: 'https://s3.eu-central-1.amazonaws.com'")]
    [InlineData(", endpoint: 'https://minio.example.com'", ", endpoint: 'https://MinIO.example.com:443/'")]
    public void Two_environments_have_no_folder_of_a_bucket_in_common_however_its_address_is_spelt(string endpoint, string other)
    {
        var bucket = $"originals: {{ mode: s3, s3: {{ bucket: files, secret: key, prefix: rag{other} }} }}";
        EnvironmentValues Values(string dev) => new(new DeployValues(), new SortedDictionary<string, DeployValues>(StringComparer.Ordinal)
        {
            ["dev"] = ValuesReader.Read([Environments.Text("values.yaml"), ("dev.yaml", dev)]) with { Environment = "dev" },
            ["prod"] = ValuesReader.Read([Environments.Text("values.yaml"), ("prod.yaml", $"originals: {{ mode: s3, s3: {{ bucket: files, secret: key, prefix: rag{endpoint} }} }}")]) with { Environment = "prod" },
        });

        var fault = Assert.Throws<ValuesException>(() => Generation.Write(TestManifest.Platform, Values(bucket), _folder));

        Assert.Equal("prod.yaml:1: originals.s3.prefix: 'rag' is not allowed; allowed is: a folder of its own, because 'dev' has it, and each removes what it does not know.", Assert.Single(fault.Faults));
        Generation.Write(TestManifest.Platform, Values(bucket.Replace("prefix: rag", "prefix: rag-dev", StringComparison.Ordinal)), _folder);
    }

    [Fact]
    public void The_environments_that_the_repository_ships_keep_every_rule() => Generation.Write(TestManifest.Platform, Environments.All, _folder);

    private void Refused(AppManifest manifest, IReadOnlyList<(string File, string Text)> texts, string expected)
    {
        var fault = Assert.Throws<ValuesException>(() => Generate(manifest, texts));

        var line = Assert.Single(fault.Faults);
        Assert.Matches(@"^(wrong|values)\.yaml:[1-9]", line);
        Assert.DoesNotContain('\n', line);
        Assert.Contains(expected, line, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    private void Generate(AppManifest manifest, IReadOnlyList<(string File, string Text)> texts)
    {
        var values = ValuesReader.Read(texts);
        Generation.Write(manifest, new EnvironmentValues(values, new SortedDictionary<string, DeployValues>(StringComparer.Ordinal) { ["dev"] = values }), _folder);
    }
}
