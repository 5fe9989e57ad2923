using System.Net;
using System.Runtime.Versioning;
using System.Text;
using System.Text.Json.Nodes;
using Rag.Testing;

namespace Rag.Cli.Tests.Deployment.Clusters;

/// <summary>
/// As much of a Kubernetes API server as the real kubectl asks for: discovery, which parameters a PATCH takes, server-side apply with and
/// without dry run, lists, objects and their deletion. It merges nothing and has no controllers, but that workloads are ready at once.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class ApiServer : LoopbackServer
{
    private static readonly (string GroupVersion, string Resource, string Kind, bool Namespaced)[] Types =
    [
        ("v1", "namespaces", "Namespace", false), ("v1", "nodes", "Node", false), ("v1", "secrets", "Secret", true), ("v1", "configmaps", "ConfigMap", true), ("v1", "pods", "Pod", true),
        ("v1", "services", "Service", true), ("v1", "serviceaccounts", "ServiceAccount", true), ("v1", "persistentvolumeclaims", "PersistentVolumeClaim", true), ("v1", "events", "Event", true),
        ("v1", "resourcequotas", "ResourceQuota", true), ("v1", "limitranges", "LimitRange", true),
        ("apps/v1", "deployments", "Deployment", true), ("apps/v1", "statefulsets", "StatefulSet", true), ("apps/v1", "daemonsets", "DaemonSet", true),
        ("batch/v1", "jobs", "Job", true), ("batch/v1", "cronjobs", "CronJob", true), ("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget", true),
        ("autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", true), ("networking.k8s.io/v1", "ingresses", "Ingress", true),
        ("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy", true), ("storage.k8s.io/v1", "storageclasses", "StorageClass", false),
    ];

    private static readonly string[] PatchParameters = ["dryRun", "fieldManager", "fieldValidation", "force"];

    private readonly TemporaryFolder _folder = new();

    public ApiServer()
    {
        var config = _folder.File("kubeconfig", $$"""{ "apiVersion": "v1", "kind": "Config", "current-context": "test", "contexts": [ { "name": "test", "context": { "cluster": "test", "user": "test" } } ], "clusters": [ { "name": "test", "cluster": { "server": "http://{{Address}}" } } ], "users": [ { "name": "test", "user": {} } ] }""");
        Kubectl = _folder.File("kubectl", $"#!/bin/sh\nHOME='{_folder.Path}' KUBECONFIG='{config}' exec kubectl \"$@\"\n");
        File.SetUnixFileMode(Kubectl, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    /// <summary>The real kubectl, bound to this server.</summary>
    public string Kubectl { get; }

    /// <summary>Objects by the path that they have.</summary>
    public SortedDictionary<string, JsonObject> Objects { get; } = new(StringComparer.Ordinal);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    protected override async Task AnswerAsync(HttpListenerContext context)
    {
        using var reader = new StreamReader(context.Request.InputStream);
        var body = await reader.ReadToEndAsync();
        JsonObject? answer;
        lock (Objects)
        {
            answer = Answer(context.Request, body);
        }

        context.Response.StatusCode = answer is null ? 404 : 200;
        context.Response.ContentType = "application/json";
        await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes((answer ?? NotFound()).ToJsonString()));
        context.Response.Close();
    }

    private JsonObject? Answer(HttpListenerRequest request, string body)
    {
        var path = request.Url!.AbsolutePath;
        if (Discover(path) is { } discovery)
        {
            return discovery;
        }

        var steps = path.Split('/', StringSplitOptions.RemoveEmptyEntries).ToList();
        var version = steps[0] == "api" ? steps[1] : steps is ["apis", _, _, ..] ? $"{steps[1]}/{steps[2]}" : "";
        var rest = steps.Skip(steps[0] == "api" ? 2 : 3).ToList();
        var resource = rest is ["namespaces", _, var namespaced, ..] ? namespaced : rest.FirstOrDefault();
        if (Types.FirstOrDefault(type => type.GroupVersion == version && type.Resource == resource) is not { Kind: { } kind })
        {
            return null;
        }

        return request.HttpMethod switch
        {
            "PATCH" => Apply(path, JsonNode.Parse(body)!.AsObject(), isTry: request.QueryString["dryRun"] == "All"),
            "DELETE" => Objects.Remove(path) ? new JsonObject { ["kind"] = "Status", ["apiVersion"] = "v1", ["status"] = "Success" } : null,
            _ when steps[^1] == resource => new JsonObject { ["kind"] = $"{kind}List", ["apiVersion"] = version, ["metadata"] = new JsonObject { ["resourceVersion"] = "1" }, ["items"] = List(path, request.QueryString["labelSelector"]) },
            _ => Objects.GetValueOrDefault(path)?.DeepClone().AsObject(),
        };
    }

    private JsonArray List(string path, string? selector) => new([.. Objects.Where(one => one.Key.StartsWith(path + "/", StringComparison.Ordinal))
        .Where(one => selector is null || one.Value["metadata"]?["labels"]?[selector.Split('=')[0]]?.ToString() == selector.Split('=')[1]).Select(static one => one.Value.DeepClone())]);

    private JsonObject Apply(string path, JsonObject applied, bool isTry)
    {
        applied["metadata"]!["uid"] = path;
        applied["metadata"]!["generation"] = 1;
        if (applied["kind"]!.ToString() is "Deployment" or "StatefulSet")
        {
            var replicas = applied["spec"]!["replicas"]?.GetValue<int>() ?? 1;
            applied["status"] = new JsonObject { ["observedGeneration"] = 1, ["replicas"] = replicas, ["updatedReplicas"] = replicas, ["readyReplicas"] = replicas, ["availableReplicas"] = replicas };
        }

        if (applied["kind"]!.ToString() == "Job")
        {
            applied["status"] = new JsonObject { ["succeeded"] = 1, ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Complete", ["status"] = "True" }) };
        }

        if (!isTry)
        {
            Objects[path] = applied;
        }

        return applied.DeepClone().AsObject();
    }

    private static JsonObject? Discover(string path)
    {
        var versions = Types.Select(static type => type.GroupVersion).Distinct().ToList();
        static string Root(string version) => version.Contains('/', StringComparison.Ordinal) ? $"apis/{version}" : $"api/{version}";
        switch (path)
        {
            case "/version":
                return new JsonObject { ["major"] = "1", ["minor"] = "33", ["gitVersion"] = "v1.33.2" };
            case "/api":
                return new JsonObject { ["kind"] = "APIVersions", ["versions"] = new JsonArray("v1") };
            case "/apis":
                return new JsonObject
                {
                    ["kind"] = "APIGroupList",
                    ["groups"] = new JsonArray([.. versions.Where(static version => version != "v1").Select(static version => new JsonObject
                    {
                        ["name"] = version.Split('/')[0],
                        ["versions"] = new JsonArray(new JsonObject { ["groupVersion"] = version, ["version"] = version.Split('/')[1] }),
                    })]),
                };
            case "/openapi/v3":
                return new JsonObject { ["paths"] = new JsonObject(versions.Select(version => KeyValuePair.Create<string, JsonNode?>(Root(version), new JsonObject { ["serverRelativeURL"] = $"/openapi/v3/{Root(version)}" }))) };
        }

        if (versions.Find(version => path == $"/{Root(version)}") is { } listed)
        {
            return new JsonObject
            {
                ["kind"] = "APIResourceList",
                ["groupVersion"] = listed,
                ["resources"] = new JsonArray([.. Types.Where(type => type.GroupVersion == listed).Select(static type => new JsonObject
                {
                    ["name"] = type.Resource, ["singularName"] = "", ["namespaced"] = type.Namespaced, ["kind"] = type.Kind, ["verbs"] = new JsonArray("get", "list", "patch", "delete"),
                })]),
            };
        }

        return versions.Find(version => path == $"/openapi/v3/{Root(version)}") is { } described
            ? new JsonObject
            {
                ["openapi"] = "3.0.0",
                ["info"] = new JsonObject { ["title"] = "test", ["version"] = "1" },
                ["paths"] = new JsonObject(Types.Where(type => type.GroupVersion == described).Select(type => KeyValuePair.Create<string, JsonNode?>($"/{Root(described)}/{type.Resource}/{{name}}", Patch(type)))),
            }
            : null;
    }

    // How kubectl finds out that this server checks fields by itself and can try a change without making it.
    private static JsonObject Patch((string GroupVersion, string Resource, string Kind, bool Namespaced) type) => new()
    {
        ["patch"] = new JsonObject
        {
            ["x-kubernetes-group-version-kind"] = new JsonObject
            {
                ["group"] = type.GroupVersion.Contains('/', StringComparison.Ordinal) ? type.GroupVersion.Split('/')[0] : "", ["version"] = type.GroupVersion.Split('/')[^1], ["kind"] = type.Kind,
            },
            ["parameters"] = new JsonArray([.. PatchParameters.Select(static name => new JsonObject { ["name"] = name, ["in"] = "query" })]),
        },
    };

    private static JsonObject NotFound() => new() { ["kind"] = "Status", ["apiVersion"] = "v1", ["status"] = "Failure", ["reason"] = "NotFound", ["message"] = "not found", ["code"] = 404 };
}
