using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning;
using Rag.Deploy.Values;

namespace Rag.Deploy.Tests.Planning;

public sealed class WorkloadPlanTests
{
    private const string Shop =
        """
        "pw": { "type": "parameter.v0", "value": "{pw.inputs.value}", "inputs": { "value": { "type": "string", "secret": true, "default": { "generate": { "minLength": 10 } } } } },
        "pw-uri": { "type": "annotated.string", "value": "{pw.value}", "filter": "uri" },
        "db": { "type": "container.v0", "image": "mysql:9", "connectionString": "Server={db.bindings.tcp.host};Password={pw.value}", "env": { "MYSQL_ROOT_PASSWORD": "{pw.value}" },
          "volumes": [ { "name": "data", "target": "/var/lib/mysql", "readOnly": false } ],
          "bindings": { "tcp": { "scheme": "tcp", "protocol": "tcp", "transport": "tcp", "targetPort": 3306 } } },
        "shop": { "type": "project.v0", "path": "shop.csproj", "args": [ "--mode", "$(HOME)" ],
          "env": { "HTTP_PORTS": "{shop.bindings.http.targetPort}", "HTTPS_PORTS": "{shop.bindings.https.targetPort}", "ConnectionStrings__db": "{db.connectionString}", "DB_URI": "mysql://root:{pw-uri.value}@{db.bindings.tcp.host}/$shop" },
          "bindings": { "http": { "scheme": "http", "protocol": "tcp", "transport": "http", "external": true }, "https": { "scheme": "https", "protocol": "tcp", "transport": "http", "external": true } } }
        """;

    [Fact]
    public void Any_app_model_becomes_workloads_whose_secrets_come_from_the_Secret()
    {
        var plan = Environments.Plan(TestManifest.Of(Shop), new DeployValues());

        var container = plan.Find<Deployment>("shop").Spec.Template.Spec.Containers[0];
        Assert.Equal(["SECRET_PW", "SECRET_PW_URI", "ConnectionStrings__db", "DB_URI"], container.Env!.Select(static variable => variable.Name));
        Assert.Equal(("ragplatform-secrets", "pw"), (container.Env![0].ValueFrom!.SecretKeyRef!.Name, container.Env[0].ValueFrom!.SecretKeyRef!.Key));
        Assert.Equal("Server=db;Password=$(SECRET_PW)", container.Env[2].Value);
        Assert.Equal("mysql://root:$(SECRET_PW_URI)@db/$$shop", container.Env[3].Value);
        Assert.Equal(["--mode", "$$(HOME)"], container.Args);
        Assert.Equal(["HTTP_PORTS"], plan.Find<ConfigMap>("shop-config").Data!.Keys);
        Assert.Equal("pw", Assert.Single(plan.Find<StatefulSet>("db").Spec.Template.Spec.Containers[0].Env!).ValueFrom!.SecretKeyRef!.Key);
    }

    [Fact]
    public void An_https_endpoint_of_a_project_is_its_http_endpoint()
    {
        var plan = Environments.Plan(TestManifest.Of(Shop), new DeployValues());

        Assert.Equal([("http", 8080)], plan.Find<Service>("shop").Spec.Ports!.Select(static port => (port.Name, port.Port)));
    }

    [Fact]
    public void A_container_with_a_volume_keeps_it()
    {
        var plan = Environments.Plan(TestManifest.Of(Shop), ValuesReader.Read([("v.yaml", "services: { db: { volumes: { /var/lib/mysql: 7Gi } } }")]));

        var set = plan.Find<StatefulSet>("db");
        Assert.Equal("7Gi", Assert.Single(set.Spec.VolumeClaimTemplates!).Spec.Resources.Requests["storage"]);
        Assert.Contains(set.Spec.Template.Spec.Containers[0].VolumeMounts!, static mount => mount.MountPath == "/var/lib/mysql");
        Assert.Equal(set.Spec.ServiceName, plan.Find<Service>("db-headless").Metadata.Name);
        Assert.Equal("None", plan.Find<Service>("db-headless").Spec.ClusterIP);
    }

    [Fact]
    public void Every_image_that_runs_is_named_by_its_digest_where_the_values_have_one()
    {
        string[] names = ["rag-api", "rag-ingest", "rag-web", "rag-cli", "postgres", "cache", "vectors", "vectors-backup", "otel-collector", "prometheus", "inference-m"];
        var digests = string.Join(", ", names.Select(static (name, i) => $"{name}: 'sha256:{i:x64}'"));
        var plan = Environments.Plan(TestManifest.Platform, ValuesReader.Read(
        [
            Environments.Text("values.yaml"),
            ("v.yaml", $"images: {{ digests: {{ {digests} }} }}\nmonitoring: {{ mode: bundled }}\ninference: {{ m: {{ model: x }} }}\nsmokeTest: {{ service: rag-api, key: bootstrap-key }}\nstores: {{ postgres: {{ backup: {{}} }}, vectors: {{ backup: {{}} }} }}"),
        ]));

        var images = PodTemplates.Images(plan.Objects).ToList();
        Assert.All(images, static image => Assert.Contains("@sha256:", image, StringComparison.Ordinal));
        Assert.Equal(names.Length, images.Count);
    }

    [Fact]
    public void A_secret_in_an_argument_is_refused()
    {
        var fault = Assert.Throws<ManifestException>(() => Environments.Plan(
            TestManifest.Of(""" "pw": { "type": "parameter.v0", "value": "{pw.inputs.value}", "inputs": { "value": { "type": "string", "secret": true } } }, "a": { "type": "container.v0", "image": "a:1", "args": [ "--password", "{pw.value}" ] } """),
            new DeployValues()));

        Assert.Contains("resource 'a': args[1] holds a secret (<pw>)", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_platforms_services_read_their_secrets_from_files()
    {
        var plan = Environments.Plan("dev");

        var config = plan.Find<ConfigMap>("rag-api-config").Data!;
        Assert.Equal("Host=postgres;Port=5432;Username=postgres;Database=ragdb", config["ConnectionStrings__ragdb"]);
        Assert.Equal("cache:6379", config["ConnectionStrings__cache"]);
        Assert.Equal("/run/secrets/platform/postgres-password", config["Rag__Storage__PasswordFile"]);
        Assert.Null(plan.Find<Deployment>("rag-api").Spec.Template.Spec.Containers[0].Env);
    }

    [Fact]
    public void With_the_operator_the_consumers_mount_its_secret_under_the_same_path()
    {
        var plan = Environments.Plan("everything");

        var sources = Assert.Single(plan.Find<Deployment>("rag-api").Spec.Template.Spec.Volumes!, static volume => volume.Name == "secrets").Projected!.Sources;
        var managed = Assert.Single(sources, static source => source.Secret!.Name == "postgres-cluster-app").Secret!;
        Assert.Equal(("password", "postgres-password"), (managed.Items![0].Key, managed.Items[0].Path));
        Assert.Equal("Host=postgres;Port=5432;Username=rag;Database=ragdb", plan.Find<ConfigMap>("rag-api-config").Data!["ConnectionStrings__ragdb"]);
        Assert.Equal("Endpoint=https://qdrant.example.com:6333", plan.Find<ConfigMap>("rag-api-config").Data!["ConnectionStrings__vectors_http"]);
    }

    [Fact]
    public void A_changed_configuration_replaces_the_pods_and_an_unchanged_one_does_not()
    {
        string Hash(string values) => Environments.Plan(TestManifest.Of(Shop), ValuesReader.Read([("v.yaml", values)])).Find<Deployment>("shop").Spec.Template.Metadata.Annotations!["ragplatform.dev/config-hash"];

        Assert.Equal(Hash("services: { shop: { replicas: 2 } }"), Hash("services: { shop: { replicas: 3 } }"));
        Assert.NotEqual(Hash("services: { shop: { env: { A: '1' } } }"), Hash("services: { shop: { env: { A: '2' } } }"));
    }

    [Fact]
    public void Below_1_30_the_program_delays_its_stop_itself()
    {
        Assert.Equal("00:00:10", Environments.Plan("everything").Find<ConfigMap>("rag-api-config").Data!["Rag__Shutdown__Delay"]);
        Assert.Null(Environments.Plan("everything").Find<Deployment>("rag-api").Spec.Template.Spec.Containers[0].Lifecycle);
        Assert.Equal("00:00:00", Environments.Plan("dev").Find<ConfigMap>("rag-api-config").Data!["Rag__Shutdown__Delay"]);
        Assert.Equal(10, Environments.Plan("dev").Find<Deployment>("rag-api").Spec.Template.Spec.Containers[0].Lifecycle!.PreStop.Sleep!.Seconds);
    }

    [Fact]
    public void Replicas_are_the_autoscalers_where_there_is_one()
    {
        var plan = Environments.Plan("prod");

        Assert.Null(plan.Find<Deployment>("rag-api").Spec.Replicas);
        Assert.Equal((3, 10), (plan.Find<HorizontalPodAutoscaler>("rag-api").Spec.MinReplicas, plan.Find<HorizontalPodAutoscaler>("rag-api").Spec.MaxReplicas));
        Assert.Equal(2, plan.Find<Deployment>("rag-web").Spec.Replicas);
        Assert.Throws<InvalidOperationException>(() => Environments.Plan("everything").Find<HorizontalPodAutoscaler>("rag-ingest"));
    }
}
