using System.Text.Json;
using Rag.Cli.Deployment.Clusters;
using Rag.Cli.Deployment.Diagnosis;

namespace Rag.Cli.Tests.Deployment.Diagnosis;

/// <summary>Namespaces as an API server lists them, out of the parts that a test is about.</summary>
internal static class Snapshots
{
    public static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static Snapshot Of(params string[] items) => Snapshot.Of("ragplatform", Now, [.. items.Select(static item => JsonDocument.Parse(item).RootElement)]) with { Kubectl = "kubectl -n ragplatform" };

    /// <summary>The one problem that is recognised.</summary>
    public static Problem Only(Snapshot snapshot) => Assert.Single(ClusterDiagnosis.Of(snapshot));

    public static IReadOnlyList<ApiStorageClass> Classes(params string[] items) => ApiJson.Of<ApiStorageClass>(items.Select(static item => JsonDocument.Parse(item).RootElement), "StorageClass");

    public static IReadOnlyList<ApiNode> Nodes(params string[] items) => ApiJson.Of<ApiNode>(items.Select(static item => JsonDocument.Parse(item).RootElement), "Node");

    public static string StorageClass(string name, string provisioner, bool isDefault = false) =>
        $$"""
        {
          "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
          "metadata": { "name": "{{name}}", "uid": "b1d5d1d7-5a0a-4a3f-8f0e-0c1d2e3f4a5b"{{(isDefault ? """, "annotations": { "storageclass.kubernetes.io/is-default-class": "true" }""" : "")}} },
          "provisioner": "{{provisioner}}", "reclaimPolicy": "Delete", "volumeBindingMode": "WaitForFirstConsumer"
        }
        """;

    public static string Claim(string name, string phase, string? storageClass, string mode = "ReadWriteOnce") =>
        $$"""
        {
          "apiVersion": "v1", "kind": "PersistentVolumeClaim",
          "metadata": { "name": "{{name}}", "namespace": "ragplatform", "creationTimestamp": "2026-03-01T11:50:00Z", "finalizers": [ "kubernetes.io/pvc-protection" ] },
          "spec": { "accessModes": [ "{{mode}}" ], "resources": { "requests": { "storage": "20Gi" } }{{(storageClass is null ? "" : $", \"storageClassName\": \"{storageClass}\"")}}, "volumeMode": "Filesystem" },
          "status": { "phase": "{{phase}}" }
        }
        """;

    /// <summary>A pod whose one container has the given state, as <c>kubectl get pod -o json</c> shows it.</summary>
    public static string Pod(string state, string lastState = "{}", int restarts = 0, string phase = "Pending", string spec = "", string container = "", string owner = "ReplicaSet", bool ready = false) =>
        $$"""
        {
          "apiVersion": "v1", "kind": "Pod",
          "metadata": {
            "name": "rag-api-7d4b9c6f5d-x2x4z", "namespace": "ragplatform", "creationTimestamp": "2026-03-01T11:50:00Z",
            "labels": { "app.kubernetes.io/name": "rag-api", "app.kubernetes.io/part-of": "ragplatform", "pod-template-hash": "7d4b9c6f5d" },
            "ownerReferences": [ { "apiVersion": "apps/v1", "kind": "{{owner}}", "name": "rag-api-7d4b9c6f5d", "uid": "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", "controller": true, "blockOwnerDeletion": true } ]
          },
          "spec": {
            {{spec}} "nodeName": "node-1", "restartPolicy": "Always",
            "containers": [ { "name": "rag-api", "image": "registry.example.com/rag/rag-api:0.1.0", {{container}} "imagePullPolicy": "IfNotPresent" } ]
          },
          "status": {
            "phase": "{{phase}}", "hostIP": "10.0.0.11", "podIP": "10.244.1.7", "qosClass": "Burstable",
            "conditions": [ { "type": "PodScheduled", "status": "True", "lastProbeTime": null, "lastTransitionTime": "2026-03-01T11:50:00Z" } ],
            "containerStatuses": [ { "name": "rag-api", "image": "registry.example.com/rag/rag-api:0.1.0", "imageID": "", "ready": {{(ready ? "true" : "false")}}, "started": false, "restartCount": {{restarts}}, "state": {{state}}, "lastState": {{lastState}} } ]
          }
        }
        """;

    /// <summary>A pod that no node takes.</summary>
    public static string Unscheduled(string message, string container = "", string spec = "") =>
        $$"""
        {
          "apiVersion": "v1", "kind": "Pod",
          "metadata": { "name": "rag-api-7d4b9c6f5d-x2x4z", "namespace": "ragplatform", "creationTimestamp": "2026-03-01T11:50:00Z", "labels": { "app.kubernetes.io/name": "rag-api" } },
          "spec": { {{spec}} "containers": [ { "name": "rag-api", {{container}} "image": "registry.example.com/rag/rag-api:0.1.0" } ] },
          "status": { "phase": "Pending", "qosClass": "Burstable", "conditions": [ { "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "{{message}}", "lastProbeTime": null, "lastTransitionTime": "2026-03-01T11:50:01Z" } ] }
        }
        """;

    public static string Event(string kind, string name, string reason, string message, string type = "Warning", string seen = "2026-03-01T11:59:00Z") =>
        $$"""
        {
          "apiVersion": "v1", "kind": "Event", "metadata": { "name": "{{name}}.17a2b3c4d5e6f708", "namespace": "ragplatform", "creationTimestamp": "2026-03-01T11:50:02Z" },
          "type": "{{type}}", "reason": "{{reason}}", "message": {{JsonSerializer.Serialize(message)}}, "count": 4, "firstTimestamp": "2026-03-01T11:50:02Z", "lastTimestamp": "{{seen}}", "eventTime": null,
          "involvedObject": { "apiVersion": "v1", "kind": "{{kind}}", "name": "{{name}}", "namespace": "ragplatform" }, "source": { "component": "kubelet", "host": "node-1" }, "reportingComponent": "kubelet", "reportingInstance": "node-1"
        }
        """;

    /// <summary>The Deployment of <see cref="Pod"/>, with two pods wanted.</summary>
    public static string Workload(int ready) =>
        $$"""{ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "rag-api", "generation": 3 }, "spec": { "replicas": 2 }, "status": { "observedGeneration": 3, "replicas": 2, "updatedReplicas": 2, "readyReplicas": {{ready}}, "availableReplicas": {{ready}} } }""";

    public static string Waiting(string reason, string? message = null) => JsonSerializer.Serialize(new { waiting = message is null ? (object)new { reason } : new { reason, message } });
}
