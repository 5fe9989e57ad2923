using System.Text.Json.Nodes;

namespace Rag.Deploy.Tests.Aspirate;

/// <summary>How <c>aspirate generate</c> is asked.</summary>
/// <param name="Secrets">Whether it keeps secrets apart, as it does unless told <c>--disable-secrets</c>.</param>
/// <param name="Dashboard"><c>--include-dashboard</c>.</param>
/// <param name="Namespace"><c>--namespace</c>.</param>
/// <param name="PrivateRegistry"><c>--private-registry</c>.</param>
internal sealed record AspirateRun(bool Secrets = true, bool Dashboard = false, string? Namespace = null, bool PrivateRegistry = false);

/// <summary>
/// The folder that aspirate writes for an app model: for each project and container one with a kustomization, a workload and a Service, and a
/// kustomization over them. What it knows, drops and gives away is as in its source; the texts are those of our templates.
/// </summary>
internal static class AspirateOutput
{
    /// <summary>Given with <c>-cr</c> and <c>-crp</c>.</summary>
    public const string Registry = "registry.example.com/rag";

    /// <summary>Given with <c>-ct</c>.</summary>
    public const string Tag = "0.1.0";

    // The beginnings of variables that it keeps out of ConfigMaps.
    private static readonly string[] Kept = ["ConnectionString", "POSTGRES_PASSWORD", "MSSQL_SA_PASSWORD"];

    public static void Write(string folder, string manifest, AspirateRun run)
    {
        var resources = JsonNode.Parse(File.ReadAllText(manifest))!["resources"]!.AsObject();
        var expressions = new AspirateExpressions(resources);
        var names = new List<string>();
        foreach (var (name, resource) in resources)
        {
            if (AspirateExpressions.Knows(resource) && resource!["type"]!.ToString() is not ("parameter.v0" or "value.v0"))
            {
                WriteResource(folder, Model(name, resource.AsObject(), expressions, run));
                names.Add(name);
            }
        }

        var root = new AspirateModel { Namespace = run.Namespace, WithPrivateRegistry = run.PrivateRegistry };
        if (root.WithNamespace)
        {
            Write(folder, "namespace", root);
            names.Add("namespace.yaml");
        }

        if (run.PrivateRegistry)
        {
            // No template of ours: it writes this one itself.
            File.WriteAllText(Path.Combine(folder, "image-pull-secret.yaml"), "apiVersion: v1\nkind: Secret\nmetadata:\n  name: image-pull-secret\ntype: kubernetes.io/dockerconfigjson\ndata:\n  .dockerconfigjson: e30=\n");
            names.Add("image-pull-secret.yaml");
        }

        if (run.Dashboard)
        {
            Write(folder, "dashboard", root with { ContainerImage = "mcr.microsoft.com/dotnet/aspire-dashboard:9.0" });
            names.Add("dashboard.yaml");
        }

        Write(folder, "kustomization", root with { Manifests = names });
    }

    /// <summary>One resource, as its templates see it.</summary>
    private static AspirateModel Model(string name, JsonObject resource, AspirateExpressions expressions, AspirateRun run)
    {
        var isProject = resource["type"]!.ToString().StartsWith("project", StringComparison.Ordinal);
        var variables = (resource["env"]?.AsObject() ?? []).ToDictionary(static entry => entry.Key, entry => expressions.Resolve(entry.Value!.ToString()), StringComparer.Ordinal);
        if (run.Dashboard)
        {
            variables.TryAdd("OTEL_EXPORTER_OTLP_ENDPOINT", "http://aspire-dashboard:18889");
            variables.TryAdd("OTEL_SERVICE_NAME", name);
        }

        var given = variables.Where(static variable => variable.Value.Length > 0).ToLookup(static variable => Kept.Any(start => variable.Key.StartsWith(start, StringComparison.Ordinal)));
        return new AspirateModel
        {
            Name = name.ToLowerInvariant(),
            IsProject = isProject,
            ContainerImage = isProject ? $"{Registry}/{name}:{Tag}" : resource["image"]!.ToString(),
            Entrypoint = resource["entrypoint"]?.ToString(),
            // Arguments stay as they are in the model.
            Args = [.. (resource["args"]?.AsArray() ?? []).Select(static argument => argument!.ToString())],
            Env = new Dictionary<string, string>(run.Secrets ? given[false] : given[false].Concat(given[true])),
            Secrets = new Dictionary<string, string>(given[true]),
            SecretsDisabled = !run.Secrets,
            Ports = [.. (resource["bindings"]?.AsObject() ?? []).Select(static binding => new AspiratePort(binding.Key, AspirateExpressions.TargetPort(binding.Key, binding.Value!), binding.Value!["port"]?.GetValue<int>() ?? 0))],
            Volumes = [.. (resource["volumes"]?.AsArray() ?? []).Select(static volume => new AspirateVolume(volume!["name"]!.ToString(), volume["target"]!.ToString()))],
            WithDashboard = run.Dashboard,
            WithPrivateRegistry = run.PrivateRegistry,
        };
    }

    private static void WriteResource(string folder, AspirateModel model)
    {
        var own = Path.Combine(folder, model.Name!);
        var workload = model.HasVolumes ? "statefulset" : "deployment";
        Write(own, workload, model);
        Write(own, "service", model);
        Write(own, "kustomization", model with { Manifests = [$"{workload}.yaml", "service.yaml"] });
        if (model.HasAnySecrets)
        {
            // It writes these when it applies, and takes them away again.
            File.WriteAllLines(Path.Combine(own, $".{model.Name}.secrets"), model.Secrets.Select(static secret => $"{secret.Key}={secret.Value}"));
        }
    }

    private static void Write(string folder, string template, AspirateModel model)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, $"{template}.yaml"), AspirateTemplates.Render(template, model));
    }
}
