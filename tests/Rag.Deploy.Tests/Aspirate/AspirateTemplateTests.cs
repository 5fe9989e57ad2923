using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Rag.Deploy.Writing;
using HandlebarsDotNet;
using Rag.Testing;

namespace Rag.Deploy.Tests.Aspirate;

/// <summary>
/// Our templates for aspirate, rendered by the library that it renders with, from the fields that it gives. What aspirate itself does to a
/// manifest before that is not seen here.
/// </summary>
public sealed class AspirateTemplateTests : IDisposable
{
    private static readonly string Templates = Path.GetFullPath(
        JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "AppHost", "aspirate.json"))).RootElement.GetProperty("TemplatePath").GetString()!,
        Path.Combine(Repository.Root, "AppHost"));

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rag-aspirate-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void The_folder_that_is_named_holds_all_seven() => Assert.Equal(
        ["dapr-component.hbs", "dashboard.hbs", "deployment.hbs", "kustomization.hbs", "namespace.hbs", "service.hbs", "statefulset.hbs"],
        Directory.GetFiles(Templates).Select(Path.GetFileName).Order(StringComparer.Ordinal));

    [Fact]
    public void A_project_is_rolled_probed_restricted_and_protected()
    {
        var objects = RenderedYaml.Read(Render("deployment", Project));

        var deployment = objects.Single(static tree => tree["kind"]!.ToString() == "Deployment");
        Assert.Equal(["ServiceAccount", "Deployment", "PodDisruptionBudget"], objects.Select(static tree => tree["kind"]!.ToString()));
        Assert.Equal(("RollingUpdate", 0), (deployment["spec"]!["strategy"]!["type"]!.ToString(), deployment["spec"]!["strategy"]!["rollingUpdate"]!["maxUnavailable"]!.GetValue<long>()));
        Assert.Equal(2, deployment["spec"]!["replicas"]!.GetValue<long>());
        var container = Container(deployment);
        Assert.Equal(
            ["/health/startup", "/health/ready", "/health/live"],
            new[] { "startupProbe", "readinessProbe", "livenessProbe" }.Select(probe => container[probe]!["httpGet"]!["path"]!.ToString()));
        Assert.Equal(["rag-api-env", "rag-api-secrets"], ((JsonArray)container["envFrom"]!).Select(static source => (source!["configMapRef"] ?? source["secretRef"])!["name"]!.ToString()));
        Assert.Equal("registry.example.com:5000/rag-api:1", container["image"]!.ToString());
    }

    [Theory]
    [InlineData("deployment", true)]
    [InlineData("deployment", false)]
    [InlineData("statefulset", false)]
    public void Every_pod_is_one_that_a_restricted_namespace_takes(string template, bool isProject)
    {
        var workload = RenderedYaml.Read(Render(template, isProject ? Project : template == "deployment" ? Cache : Postgres))[1];

        var pod = workload["spec"]!["template"]!["spec"]!;
        Assert.Equal("RuntimeDefault", pod["securityContext"]!["seccompProfile"]!["type"]!.ToString());
        Assert.False(pod["automountServiceAccountToken"]!.GetValue<bool>());
        var security = Container(workload)["securityContext"]!;
        Assert.True(security["runAsNonRoot"]!.GetValue<bool>());
        Assert.False(security["allowPrivilegeEscalation"]!.GetValue<bool>());
        Assert.Equal("ALL", security["capabilities"]!["drop"]![0]!.ToString());
        Assert.NotNull(Container(workload)["resources"]!["limits"]!["memory"]);
    }

    [Fact]
    public void Arguments_and_values_arrive_as_they_are()
    {
        var container = Container(RenderedYaml.Read(Render("deployment", Cache))[1]);

        Assert.Equal(["-c", Command], ((JsonArray)container["args"]!).Select(static argument => argument!.ToString()));
        Assert.Equal("/bin/sh", container["command"]![0]!.ToString());
        var literals = (JsonArray)RenderedYaml.Read(Render("kustomization", Cache))[0]["configMapGenerator"]![0]!["literals"]!;
        Assert.Equal($"NASTY={Nasty}", Assert.Single(literals)!.ToString());
    }

    [Fact]
    public void A_container_with_volumes_keeps_them_and_PostgreSQL_runs_as_its_own_user()
    {
        var set = RenderedYaml.Read(Render("statefulset", Postgres))[1];

        Assert.Equal("postgres-data", Assert.Single((JsonArray)set["spec"]!["volumeClaimTemplates"]!)!["metadata"]!["name"]!.ToString());
        Assert.Contains((JsonArray)Container(set)["volumeMounts"]!, static mount => mount!["mountPath"]!.ToString() == "/var/lib/postgresql");
        Assert.Equal(999, set["spec"]!["template"]!["spec"]!["securityContext"]!["runAsUser"]!.GetValue<long>());
        Assert.Equal("postgres", set["spec"]!["serviceName"]!.ToString());
    }

    [KubectlFact]
    public async Task Kustomize_takes_the_whole_folder()
    {
        foreach (var (name, data, workload) in new[] { ("rag-api", Project, "deployment"), ("cache", Cache, "deployment"), ("postgres", Postgres, "statefulset") })
        {
            Write($"{name}/{workload}.yaml", Render(workload, data));
            Write($"{name}/service.yaml", Render("service", data));
            Write($"{name}/kustomization.yaml", Render("kustomization", With(data, ("manifests", new[] { $"{workload}.yaml", "service.yaml" }))));
            Write($"{name}/.{name}.secrets", "POSTGRES_PASSWORD=x\n");
        }

        var root = With(Empty("root"), ("namespace", "ragplatform"), ("withNamespace", true), ("manifests", new[] { "namespace.yaml", "dashboard.yaml", "rag-api", "cache", "postgres" }));
        Write("namespace.yaml", Render("namespace", root));
        Write("dashboard.yaml", Render("dashboard", With(root, ("containerImage", "mcr.microsoft.com/dotnet/aspire-dashboard:9.5"))));
        Write("kustomization.yaml", Render("kustomization", root));

        using var process = Process.Start(new ProcessStartInfo("kubectl", ["kustomize", _folder.FullName]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var rendered = RenderedYaml.Read(await process.StandardOutput.ReadToEndAsync());
        await process.WaitForExitAsync();

        Assert.True(process.ExitCode == 0, await error);
        Assert.Equal(3, rendered.Count(static tree => tree["kind"]!.ToString() == "PodDisruptionBudget"));
        Assert.Equal(Nasty, rendered.Single(static tree => tree["kind"]!.ToString() == "ConfigMap" && tree["metadata"]!["name"]!.ToString() == "cache-env")["data"]!["NASTY"]!.ToString());
    }

    private const string Command = "redis-server --requirepass \"$REDIS_PASSWORD\" && echo 'it''s <up>' # not: a comment";
    private const string Nasty = "<a href='x'>: {b}, \"c\" & 100% #d";

    private static Dictionary<string, object?> Project => With(
        Empty("rag-api"),
        ("isProject", true), ("containerImage", "registry.example.com:5000/rag-api:1"), ("hasAnyEnv", true), ("hasAnySecrets", true), ("hasPorts", true),
        ("env", new Dictionary<string, string> { ["HTTP_PORTS"] = "8080" }),
        ("secrets", new Dictionary<string, string> { ["ConnectionStrings__ragdb"] = "" }),
        ("ports", new[] { new { name = "http", internalPort = 8080, externalPort = 0 } }));

    private static Dictionary<string, object?> Cache => With(
        Empty("cache"),
        ("containerImage", "docker.io/library/redis:8.6"), ("entrypoint", "/bin/sh"), ("hasArgs", true), ("args", new[] { "-c", Command }), ("hasAnyEnv", true), ("hasPorts", true),
        ("env", new Dictionary<string, string> { ["NASTY"] = Nasty }),
        ("ports", new[] { new { name = "tcp", internalPort = 6379, externalPort = 6379 } }));

    private static Dictionary<string, object?> Postgres => With(
        Empty("postgres"),
        ("containerImage", "docker.io/library/postgres:18.3"), ("hasAnyEnv", true), ("hasAnySecrets", true), ("hasPorts", true), ("hasVolumes", true),
        ("env", new Dictionary<string, string> { ["POSTGRES_USER"] = "postgres" }),
        ("secrets", new Dictionary<string, string> { ["POSTGRES_PASSWORD"] = "" }),
        ("volumes", new[] { new { name = "postgres-data", target = "/var/lib/postgresql" } }),
        ("ports", new[] { new { name = "tcp", internalPort = 5432, externalPort = 0 } }));

    private static Dictionary<string, object?> Empty(string name) => new(StringComparer.Ordinal)
    {
        ["name"] = name,
        ["imagePullPolicy"] = "IfNotPresent",
        ["serviceType"] = "ClusterIP",
        ["env"] = new Dictionary<string, string>(),
        ["manifests"] = Array.Empty<string>(),
    };

    private static Dictionary<string, object?> With(Dictionary<string, object?> data, params (string Name, object Value)[] more)
    {
        foreach (var (name, value) in more)
        {
            data[name] = value;
        }

        return data;
    }

    private static string Render(string template, Dictionary<string, object?> data) => Handlebars.Create().Compile(File.ReadAllText(Path.Combine(Templates, $"{template}.hbs")))(data);

    private static JsonNode Container(JsonObject workload) => workload["spec"]!["template"]!["spec"]!["containers"]![0]!;

    private void Write(string path, string text)
    {
        var full = Path.Combine(_folder.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }
}
