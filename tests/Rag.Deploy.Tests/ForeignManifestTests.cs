using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning;
using Rag.Deploy.Values;

namespace Rag.Deploy.Tests;

/// <summary>What becomes of app models of other applications, beyond the checks that they all go through.</summary>
public sealed class ForeignManifestTests
{
    [Fact]
    public void What_cannot_be_deployed_is_said_and_the_rest_is_planned()
    {
        var plan = Plan("cloud");

        Assert.Equal(
            ["'storage' has the type", "'queue' has the type", "'broken' could not be", "'site' is a program"],
            plan.Notices.Select(static notice => string.Join(' ', notice.Split(' ')[..4])));
        var config = plan.Find<ConfigMap>("api-config").Data!;
        Assert.Equal("https://blobs.example.com", config["ConnectionStrings__blobs"]);
        Assert.Equal("Endpoint=https://models.example.com/v1;Model=small", config["ConnectionStrings__model-endpoint"]);
        Assert.Equal("warehouse", Assert.Single(plan.Find<Deployment>("api").Spec.Template.Spec.Containers[0].Env!).ValueFrom!.SecretKeyRef!.Key);
    }

    [Fact]
    public void What_a_reference_to_a_type_that_is_not_known_needs_is_said_with_the_variable()
    {
        const string Cloud = """ "storage": { "type": "azure.bicep.v0", "path": "storage.bicep" }, "a": { "type": "container.v0", "image": "a:1", "env": { "Blobs": "{storage.outputs.blobEndpoint}" } } """;

        var fault = Assert.Throws<ManifestException>(() => Environments.Plan(TestManifest.Of(Cloud), new DeployValues()));

        Assert.Contains("resource 'a': env.Blobs: {storage.outputs.blobEndpoint} cannot be resolved: 'storage' has the type 'azure.bicep.v0'", fault.Message, StringComparison.Ordinal);
        Assert.Equal("Set 'services.a.env.Blobs' in the values; then the expression is not looked at.", fault.Remedy);
        Assert.Equal("x", Environments.Plan(TestManifest.Of(Cloud), ValuesReader.Read([("v.yaml", "services: { a: { env: { Blobs: x } } }")])).Find<ConfigMap>("a-config").Data!["Blobs"]);
    }

    [Fact]
    public void What_of_a_build_or_a_deployment_nothing_is_generated_for_is_told()
    {
        var notices = Environments.Plan(
            TestManifest.Of(
                """
                "site": { "type": "container.v1", "build": { "context": ".", "dockerfile": "Dockerfile", "secrets": { "npm": { "type": "env", "value": "x" }, "cert": { "type": "file", "source": "y" } } } },
                "api": { "type": "project.v1", "path": "api.csproj", "deployment": { "type": "azure.bicep.v0", "path": "api.bicep", "params": {} } }
                """),
            new DeployValues()).Notices;

        Assert.Equal(
            [
                "'site' is built with secrets (npm, cert), which nothing is generated for: whoever builds its image gives them.",
                "'api' has a deployment of its own ('azure.bicep.v0'), which is not for Kubernetes: it is deployed like any other project.",
                "'site' runs site:0.1.0, which is built from a Dockerfile ('Dockerfile', context '.') and not by 'rag images': somebody has to build it under this name, or 'images.override.site' names another.",
            ],
            notices);
    }

    [Fact]
    public void Images_without_a_tag_are_told()
    {
        var notices = Plan("blog").Notices;

        Assert.Contains(notices, static notice => notice.StartsWith("'wordpress' runs wordpress,", StringComparison.Ordinal));
        Assert.Contains(notices, static notice => notice.StartsWith("'mail' runs axllent/mailpit:latest,", StringComparison.Ordinal));
        Assert.Equal(2, notices.Count);
    }

    [Fact]
    public void A_port_below_1024_is_opened_by_the_pods_own_network()
    {
        var pod = Plan("single").Find<Deployment>("hello");

        Assert.Equal([new Sysctl("net.ipv4.ip_unprivileged_port_start", "80")], pod.Spec.Template.Spec.SecurityContext!.Sysctls);
        Assert.Equal("Its image listens on 80.", pod.Metadata.Annotations![PodReview.LowPort]);
        Assert.Equal(1, pod.Spec.Replicas);
    }

    [Fact]
    public void Endpoints_that_begin_alike_have_names_of_their_own_everywhere()
    {
        var plan = Plan("stream");

        var names = plan.Find<Service>("kafka").Spec.Ports!.Select(static port => port.Name).ToList();
        Assert.Equal(2, names.Distinct().Count());
        Assert.All(names, static name => Assert.InRange(name.Length, 1, 15));
        var container = plan.Find<StatefulSet>("kafka").Spec.Template.Spec.Containers[0];
        Assert.Equal(names, container.Ports!.Select(static port => port.Name));
        Assert.Equal(names[0], container.ReadinessProbe!.TcpSocket!.Port.ToString());
        Assert.Equal(["UDP", null], plan.Find<Service>("statsd").Spec.Ports!.Select(static port => port.Protocol));
        Assert.Equal("port-8126", plan.Find<Service>("statsd").Spec.Ports![1].Name);
    }

    [Fact]
    public void What_keeps_something_is_reached_at_the_port_that_the_app_model_says()
    {
        var plan = Plan("blog");

        var service = plan.Find<Service>("wordpress").Spec;
        Assert.Equal((null, 8080, "http"), (service.ClusterIP, service.Ports![0].Port, service.Ports[0].TargetPort.ToString()));
        var headless = plan.Find<Service>(plan.Find<StatefulSet>("wordpress").Spec.ServiceName).Spec;
        Assert.Equal(("None", 80), (headless.ClusterIP, Assert.Single(headless.Ports!).Port));
    }

    [Fact]
    public void What_keeps_something_and_listens_nowhere_has_a_name_all_the_same()
    {
        var plan = Environments.Plan(
            TestManifest.Of(""" "a": { "type": "container.v0", "image": "a:1", "volumes": [ { "name": "data", "target": "/data", "readOnly": false } ] } """), new DeployValues());

        Assert.Null(plan.Find<Service>(plan.Find<StatefulSet>("a").Spec.ServiceName).Spec.Ports);
        Assert.DoesNotContain(plan.Objects, static planned => planned.Object is Service { Metadata.Name: "a" });
    }

    [Fact]
    public void A_user_that_is_a_parameter_is_the_one_that_the_server_is_made_with()
    {
        var server = Plan("shop").Find<StatefulSet>("db").Spec.Template.Spec.Containers[0];

        Assert.Equal("shop", Assert.Single(server.Env!, static variable => variable.Name == "POSTGRES_USER").Value);
        Assert.Contains("--username=shop", server.ReadinessProbe!.Exec!.Command);
    }

    [Fact]
    public void A_store_that_the_app_model_leaves_open_is_run_as_it_says()
    {
        var cache = Plan("shop").Find<Deployment>("basketcache");

        Assert.Equal(["--save", "60", "1"], cache.Spec.Template.Spec.Containers[0].Args);
        Assert.Equal(1, cache.Spec.Replicas);
    }

    [Fact]
    public void AppArmor_is_asked_for_by_field_where_the_cluster_has_it()
    {
        Assert.Equal("RuntimeDefault", Plan("builds").Find<Deployment>("api").Spec.Template.Spec.SecurityContext!.AppArmorProfile!.Type);
        Assert.Equal("runtime/default", Environments.Plan("everything").Find<Deployment>("rag-api").Spec.Template.Metadata.Annotations!["container.apparmor.security.beta.kubernetes.io/rag-api"]);
    }

    [Fact]
    public void A_name_that_no_variable_may_have_is_refused()
    {
        var fault = Assert.Throws<ManifestException>(() => Environments.Plan(
            TestManifest.Of(""" "a": { "type": "container.v0", "image": "a:1", "env": { "Logging:Level": "x" } } """), new DeployValues()));

        Assert.Contains("resource 'a': env.Logging:Level: Kubernetes has no such names of variables", fault.Message, StringComparison.Ordinal);
    }

    private static PlatformPlan Plan(string name)
    {
        var (manifest, values) = ForeignManifests.Of(name);
        return Environments.Plan(manifest, values);
    }
}
