using System.Text.Json.Nodes;
using Rag.Deploy.Writing;

namespace Rag.Deploy.Tests.Aspirate;

/// <summary>
/// Our templates for aspirate, rendered by the library that it renders with, from the fields that it gives. What aspirate itself does to a
/// manifest before that is not seen here.
/// </summary>
public sealed class AspirateTemplateTests
{
    [Fact]
    public void The_folder_that_is_named_holds_all_seven() => Assert.Equal(
        ["dapr-component.hbs", "dashboard.hbs", "deployment.hbs", "kustomization.hbs", "namespace.hbs", "service.hbs", "statefulset.hbs"],
        Directory.GetFiles(AspirateTemplates.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));

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
        Assert.Equal(["rag-api-config", "rag-api-secrets"], ((JsonArray)container["envFrom"]!).Select(static source => (source!["configMapRef"] ?? source["secretRef"])!["name"]!.ToString()));
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

        Assert.Equal("data", Assert.Single((JsonArray)set["spec"]!["volumeClaimTemplates"]!)!["metadata"]!["name"]!.ToString());
        Assert.Contains((JsonArray)Container(set)["volumeMounts"]!, static mount => mount!["mountPath"]!.ToString() == "/var/lib/postgresql");
        Assert.Equal(999, set["spec"]!["template"]!["spec"]!["securityContext"]!["runAsUser"]!.GetValue<long>());
        var headless = Assert.Single(RenderedYaml.Read(Render("statefulset", Postgres)), static tree => tree["kind"]!.ToString() == "Service");
        Assert.Equal(set["spec"]!["serviceName"]!.ToString(), headless["metadata"]!["name"]!.ToString());
        Assert.Equal("None", headless["spec"]!["clusterIP"]!.ToString());
    }

    [KubectlFact]
    public async Task A_value_that_means_something_to_YAML_and_HTML_gets_through_kustomize_as_it_is()
    {
        var folder = Directory.CreateTempSubdirectory("rag-aspirate-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "kustomization.yaml"), Render("kustomization", Cache with { Manifests = ["deployment.yaml", "service.yaml"] }));
            await File.WriteAllTextAsync(Path.Combine(folder, "deployment.yaml"), Render("deployment", Cache));
            await File.WriteAllTextAsync(Path.Combine(folder, "service.yaml"), Render("service", Cache));

            var variables = (await Kustomize.RenderAsync(folder)).Single(static tree => tree["kind"]!.ToString() == "ConfigMap");

            Assert.Equal(Nasty, variables["data"]!["NASTY"]!.ToString());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private const string Command = "redis-server --requirepass \"$REDIS_PASSWORD\" && echo 'it''s <up>' # not: a comment";
    private const string Nasty = "<a href='x'>: {b}, \"c\" & 100% #d";

    private static AspirateModel Project { get; } = new()
    {
        Name = "rag-api",
        IsProject = true,
        ContainerImage = "registry.example.com:5000/rag-api:1",
        Env = new() { ["HTTP_PORTS"] = "8080" },
        Secrets = new() { ["ConnectionStrings__ragdb"] = "" },
        Ports = [new AspiratePort("http", 8080, 0)],
    };

    private static AspirateModel Cache { get; } = new()
    {
        Name = "cache",
        ContainerImage = "docker.io/library/redis:8.6",
        Entrypoint = "/bin/sh",
        Args = ["-c", Command],
        Env = new() { ["NASTY"] = Nasty },
        Ports = [new AspiratePort("tcp", 6379, 6379)],
    };

    private static AspirateModel Postgres { get; } = new()
    {
        Name = "postgres",
        ContainerImage = "docker.io/library/postgres:18.3",
        Env = new() { ["POSTGRES_USER"] = "postgres" },
        Secrets = new() { ["POSTGRES_PASSWORD"] = "" },
        Volumes = [new AspirateVolume("apphost-0123456789-postgres-data", "/var/lib/postgresql")],
        Ports = [new AspiratePort("tcp", 5432, 0)],
    };

    private static string Render(string template, AspirateModel model) => AspirateTemplates.Render(template, model);

    private static JsonNode Container(JsonObject workload) => workload["spec"]!["template"]!["spec"]!["containers"]![0]!;
}
