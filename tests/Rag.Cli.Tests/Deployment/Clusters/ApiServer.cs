using System.Net;
using System.Runtime.Versioning;
using System.Text;
using System.Text.Json.Nodes;
using Rag.Testing;

namespace Rag.Cli.Tests.Deployment.Clusters;

/// <summary>
/// As much of a Kubernetes API server as the real kubectl asks for: discovery, which parameters a PATCH takes, server-side apply with and
/// without dry run and with its conflicts, lists, objects and their deletion, and refusals where a test wants one. It has no controllers, but that
/// workloads and jobs are what <see cref="IsReady"/> says.
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
        ("discovery.k8s.io/v1", "endpointslices", "EndpointSlice", true), ("v1", "persistentvolumes", "PersistentVolume", false),
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

    /// <summary>What is refused, by method and path: the code, the reason and the message, as a server has them; null: nothing.</summary>
    public Func<string, string, (int Code, string Reason, string Message)?> Refuses { get; set; } = static (_, _) => null;

    /// <summary>Whether the workload or job at a path does what it should. A job that does not has given up.</summary>
    public Func<string, bool> IsReady { get; set; } = static _ => true;

    /// <summary>Objects by the path that they have.</summary>
    public SortedDictionary<string, JsonObject> Objects { get; } = new(StringComparer.Ordinal);

    // What was applied last, by path: of its fields those that are not applied any more go, and nobody else's.
    private readonly Dictionary<string, JsonObject> _applied = new(StringComparer.Ordinal);

    private readonly Dictionary<string, List<string[]>> _edits = new(StringComparer.Ordinal);

    /// <summary>Changes a field as <c>kubectl edit</c> does: from then on it is that manager's.</summary>
    public void Edit(string path, JsonNode value, params string[] field)
    {
        lock (Objects)
        {
            JsonNode node = Objects[path];
            foreach (var step in field[..^1])
            {
                node = node[step]!;
            }

            node[field[^1]] = value;
            (_edits.TryGetValue(path, out var edits) ? edits : _edits[path] = []).Add(field);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    protected override async Task AnswerAsync(HttpListenerContext context)
    {
        using var reader = new StreamReader(context.Request.InputStream);
        var body = await reader.ReadToEndAsync();
        JsonObject answer;
        lock (Objects)
        {
            answer = Refuses(context.Request.HttpMethod, context.Request.Url!.AbsolutePath) is { } refusal
                ? Failure(refusal.Code, refusal.Reason, refusal.Message)
                : Answer(context.Request, body) ?? Failure(404, "NotFound", "not found");
        }

        context.Response.StatusCode = answer["kind"]?.ToString() == "Status" && answer["code"] is { } code ? code.GetValue<int>() : 200;
        context.Response.ContentType = "application/json";
        await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(answer.ToJsonString()));
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
            "PATCH" when rest is ["namespaces", var home, _, ..] && !Objects.ContainsKey($"/api/v1/namespaces/{home}") => Failure(404, "NotFound", $"namespaces \"{home}\" not found"),
            "PATCH" when request.ContentType == "application/strategic-merge-patch+json" => Edit(path, JsonNode.Parse(body)!.AsObject()),
            "PATCH" => Apply(path, JsonNode.Parse(body)!.AsObject(), isTry: request.QueryString["dryRun"] == "All", isForced: request.QueryString["force"] == "true"),
            "DELETE" => _applied.Remove(path) | _edits.Remove(path) | Objects.Remove(path) ? new JsonObject { ["kind"] = "Status", ["apiVersion"] = "v1", ["status"] = "Success" } : null,
            _ when steps[^1] == resource => new JsonObject { ["kind"] = $"{kind}List", ["apiVersion"] = version, ["metadata"] = new JsonObject { ["resourceVersion"] = "1" }, ["items"] = List(path, request.QueryString["labelSelector"]) },
            _ => Objects.GetValueOrDefault(path)?.DeepClone().AsObject(),
        };
    }

    private JsonArray List(string path, string? selector) => new([.. Objects.Where(one => one.Key.StartsWith(path + "/", StringComparison.Ordinal))
        .Where(one => selector?.Split(',').All(label => one.Value["metadata"]?["labels"]?[label.Split('=')[0]]?.ToString() == label.Split('=')[1]) != false).Select(static one => one.Value.DeepClone())]);

    private JsonObject Apply(string path, JsonObject applied, bool isTry, bool isForced)
    {
        var kind = applied["kind"]!.ToString();
        var there = Objects.GetValueOrDefault(path);
        var edits = _edits.GetValueOrDefault(path) ?? [];
        var conflict = edits.Find(field => At(applied, field) is { } wanted && !JsonNode.DeepEquals(wanted, At(there!, field)));
        if (conflict is not null && !isForced)
        {
            return Failure(409, "Conflict", $"Apply failed with 1 conflict: conflict with \"kubectl-edit\" using {applied["apiVersion"]}: .{string.Join('.', conflict)}");
        }

        if (kind == "Job" && there is not null && !JsonNode.DeepEquals(there["spec"], applied["spec"]))
        {
            return Failure(422, "Invalid", $"Job.batch \"{applied["metadata"]!["name"]}\" is invalid: spec.template: Invalid value: {{}}: field is immutable");
        }

        var merged = Merge(there, _applied.GetValueOrDefault(path), applied);
        var isChanged = there is null || !JsonNode.DeepEquals(there["spec"], merged["spec"]);
        merged["metadata"]!["uid"] = path;
        var generation = (there?["metadata"]!["generation"]?.GetValue<int>() ?? 0) + (isChanged ? 1 : 0);
        merged["metadata"]!["generation"] = generation;
        if (kind is "Deployment" or "StatefulSet")
        {
            var replicas = merged["spec"]!["replicas"]?.GetValue<int>() ?? 1;
            var ready = IsReady(path) ? replicas : 0;
            merged["status"] = new JsonObject { ["observedGeneration"] = generation, ["replicas"] = replicas, ["updatedReplicas"] = replicas, ["readyReplicas"] = ready, ["availableReplicas"] = ready };
        }

        if (kind == "Job")
        {
            var isDone = IsReady(path);
            merged["status"] = new JsonObject
            {
                ["succeeded"] = isDone ? 1 : 0,
                ["conditions"] = new JsonArray(new JsonObject { ["type"] = isDone ? "Complete" : "Failed", ["status"] = "True", ["reason"] = isDone ? "CompletionsReached" : "BackoffLimitExceeded", ["message"] = isDone ? "Reached expected number of succeeded pods" : "Job has reached the specified backoff limit" }),
            };
        }

        if (!isTry)
        {
            Objects[path] = merged;
            _applied[path] = applied.DeepClone().AsObject();
            if (conflict is not null)
            {
                _edits.Remove(path);
            }
        }

        return merged.DeepClone().AsObject();
    }

    // Of a field that no other manager has, which is all that the commands change in this way.
    private JsonObject? Edit(string path, JsonObject patch)
    {
        if (!Objects.TryGetValue(path, out var there))
        {
            return null;
        }

        var merged = Merge(there, before: null, patch);
        Objects[path] = merged;
        return merged.DeepClone().AsObject();
    }

    // As server-side apply does with one manager: fields of others stay, fields of before that are not applied any more go. Lists are taken whole.
    private static JsonObject Merge(JsonObject? there, JsonObject? before, JsonObject applied)
    {
        var merged = there?.DeepClone().AsObject() ?? [];
        foreach (var (key, _) in before ?? [])
        {
            if (!applied.ContainsKey(key))
            {
                merged.Remove(key);
            }
        }

        foreach (var (key, value) in applied)
        {
            merged[key] = value is JsonObject inner ? Merge(there?[key] as JsonObject, before?[key] as JsonObject, inner) : value?.DeepClone();
        }

        return merged;
    }

    private static JsonNode? At(JsonNode node, string[] field) => field.Aggregate((JsonNode?)node, static (at, step) => at?[step]);

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

    private static JsonObject Failure(int code, string reason, string message) => new() { ["kind"] = "Status", ["apiVersion"] = "v1", ["status"] = "Failure", ["reason"] = reason, ["message"] = message, ["code"] = code };
}
