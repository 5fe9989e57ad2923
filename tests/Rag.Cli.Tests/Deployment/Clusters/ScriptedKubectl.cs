using System.Runtime.Versioning;

namespace Rag.Cli.Tests.Deployment.Clusters;

/// <summary>
/// A program in the place of kubectl: writes down what it is called with and what it reads, and answers from files. It knows as little of a
/// cluster as those files say; what is made of real answers is tested on the diagnosis.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class ScriptedKubectl : IDisposable
{
    // NAME.1, NAME.2, ... are the first, second, ... answer; NAME every other one. With .exit and .error these have an exit code and standard error, each its own.
    private const string Script =
        """
        #!/bin/sh
        cd "$(dirname "$0")"
        printf '%s\n' "$*" >>calls
        while [ "$1" = --context ] || [ "$1" = -n ]; do shift 2; done
        case "$1 $2" in
          'version --client') name=client ;;
          get\ deployments.apps*) name=leftovers ;;
          get\ deployments,*) name=objects ;;
          get\ *) name=$(printf '%s' "$2" | cut -d . -f 1) ;;
          *) name=$1 ;;
        esac
        for argument; do if [ "$argument" = - ]; then cat >"$name.input"; fi; done
        count=$(($(cat "$name.count" 2>/dev/null || echo 0) + 1))
        echo "$count" >"$name.count"
        if [ -f "$name.$count" ]; then name="$name.$count"; fi
        if [ -f "$name" ]; then cat "$name"; else case " $* " in ' get secret '*) ;; *' -o json '*) echo '{ "kind": "List", "items": [] }' ;; esac; fi
        if [ -f "$name.error" ]; then cat "$name.error" >&2; fi
        exit "$(cat "$name.exit" 2>/dev/null || echo 0)"
        """;

    private readonly TemporaryFolder _folder = new();

    public ScriptedKubectl()
    {
        File.SetUnixFileMode(_folder.File("kubectl", Script.ReplaceLineEndings("\n")), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Answer("client", """{ "clientVersion": { "major": "1", "minor": "33", "gitVersion": "v1.33.2" }, "kustomizeVersion": "v5.6.0" }""");
        Answer("version", """{ "clientVersion": { "major": "1", "minor": "33", "gitVersion": "v1.33.2" }, "serverVersion": { "major": "1", "minor": "32+", "gitVersion": "v1.32.4-eks-1a2b3c" } }""");
        Answer("config", """{ "kind": "Config", "apiVersion": "v1", "contexts": [ { "name": "kind-dev", "context": { "cluster": "kind-dev", "user": "kind-dev" } } ], "clusters": [ { "name": "kind-dev", "cluster": { "server": "https://127.0.0.1:6443" } } ] }""");
        Answer("api-versions", "apps/v1\nv1\n");
        Answer("api-resources", "namespaces   ns   v1   false   Namespace\nsecrets   v1   true   Secret\npersistentvolumeclaims   pvc   v1   true   PersistentVolumeClaim\ndeployments   deploy   apps/v1   true   Deployment\n");
        Answer("kustomize", Rendered);
        Answer("storageclasses", List(Diagnosis.Snapshots.StorageClass("standard", "rancher.io/local-path", isDefault: true)));
        Answer("nodes", List());
        Answer("namespace", """{ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "ragplatform" } }""");
        Answer("objects", List(Deployment(available: 2)));
        _folder.File("httproutes.exit", "1");
        _folder.File("tree/overlays/dev/kustomization.yaml", "resources: []\n");
    }

    /// <summary>What kustomize renders: one workload, its secret, a claim.</summary>
    public static string Rendered =>
        """
        apiVersion: v1
        kind: Namespace
        metadata: { name: ragplatform, labels: { app.kubernetes.io/part-of: ragplatform } }
        ---
        apiVersion: v1
        kind: Secret
        metadata: { name: ragplatform-secrets, namespace: ragplatform, labels: { app.kubernetes.io/part-of: ragplatform } }
        data: { postgres-password: dG9wc2VjcmV0 }
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: { name: postgres-backup, namespace: ragplatform }
        spec: { accessModes: [ ReadWriteOnce ] }
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: { name: rag-api, namespace: ragplatform }
        spec:
          template:
            spec:
              containers:
              - { name: rag-api, image: "registry.example.com/rag/rag-api:0.1.0" }
        """;

    public string Tree => Path.Combine(_folder.Path, "tree");

    public IReadOnlyList<string> Calls => File.Exists(Path.Combine(_folder.Path, "calls")) ? File.ReadAllLines(Path.Combine(_folder.Path, "calls")) : [];

    public void Answer(string name, string text, int exitCode = 0, string? error = null)
    {
        _folder.File(name, text);
        _folder.File($"{name}.exit", $"{exitCode}");
        if (error is not null)
        {
            _folder.File($"{name}.error", error);
        }
    }

    public string Input(string name) => File.ReadAllText(Path.Combine(_folder.Path, $"{name}.input"));

    public Task<CliRun> RunAsync(string[] args, string? input = null, params (string Name, string Value)[] variables) => CliRun.InvokeAsync(
        [.. args, "-o", Tree], variables.Append(("RAG_KUBECTL", Path.Combine(_folder.Path, "kubectl"))).ToDictionary(static one => one.Item1, static one => one.Item2), input);

    /// <summary>Puts a file into the manifests' folder.</summary>
    public string Overlay(string name, string content) => _folder.File($"tree/overlays/dev/{name}", content);

    public static string List(params string[] items) => $$"""{ "apiVersion": "v1", "kind": "List", "items": [ {{string.Join(", ", items)}} ] }""";

    public static string Deployment(int available) =>
        $$"""
        {
          "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "rag-api", "namespace": "ragplatform", "generation": 3 }, "spec": { "replicas": 2 },
          "status": { "observedGeneration": 3, "replicas": 2, "updatedReplicas": 2, "readyReplicas": {{available}}, "availableReplicas": {{available}} }
        }
        """;

    public void Dispose() => _folder.Dispose();
}
