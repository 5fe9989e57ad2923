using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning;
using Rag.Deploy.Planning.Workloads;
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
    public void A_credential_that_the_app_model_has_as_plain_text_is_told()
    {
        var manifest = TestManifest.Of(
            """
            "mail": { "type": "container.v0", "image": "mail:1", "env": { "SMTP_PASSWORD": "hunter2", "RELAY": "smtp://relay:hunter2@mail.example.com", "USE_TOKEN": "true", "REPLACED_TOKEN": "hunter2", "GREETING": "hello" } }
            """);

        var notices = Environments.Plan(manifest, ValuesReader.Read([("v.yaml", "secrets: { more: [ mine ] }\nservices: { mail: { env: { REPLACED_TOKEN: '{mine.value}' } } }")])).Notices;

        Assert.Equal(2, notices.Count);
        Assert.StartsWith("'mail' gets a credential that the app model has as plain text (env.SMTP_PASSWORD):", notices[0], StringComparison.Ordinal);
        Assert.Contains("(env.RELAY)", notices[1], StringComparison.Ordinal);
        Assert.All(notices, static notice => Assert.DoesNotContain("hunter2", notice, StringComparison.Ordinal));
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
        Assert.Contains("'services.a.args' replaces the arguments, and '$(NAME)' in one of them stands for a variable", fault.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void The_values_replace_arguments_and_may_name_a_variable_that_the_node_fills_with_a_secret()
    {
        const string Nats =
            """
            "pw": { "type": "parameter.v0", "value": "{pw.inputs.value}", "inputs": { "value": { "type": "string", "secret": true, "default": { "generate": { "minLength": 22 } } } } },
            "nats": { "type": "container.v0", "image": "nats:2.11", "args": [ "--user", "nats", "--pass", "{pw.value}" ],
              "bindings": { "tcp": { "scheme": "tcp", "protocol": "tcp", "transport": "tcp", "targetPort": 4222 } } }
            """;
        DeployValues Read(string args) => ValuesReader.Read([("v.yaml", $"services: {{ nats: {{ env: {{ NATS_PASSWORD: '{{pw.value}}' }}, args: {args} }} }}")]);

        var deployment = Environments.Plan(TestManifest.Of(Nats), Read("[ --port, '{nats.bindings.tcp.targetPort}', --pass, $(NATS_PASSWORD), $$(LITERAL) ]")).Find<Deployment>("nats");

        var container = deployment.Spec.Template.Spec.Containers[0];
        Assert.Equal(["--port", "4222", "--pass", "$(NATS_PASSWORD)", "$$(LITERAL)"], container.Args);
        Assert.Equal("pw", Assert.Single(container.Env!).ValueFrom!.SecretKeyRef!.Key);
        Assert.Equal("The values give its program these as arguments, which all processes of its container can read: NATS_PASSWORD.", deployment.Metadata.Annotations![PodReview.SecretArguments]);
        Assert.Null(Environments.Plan(TestManifest.Of(Nats), Read("[]")).Find<Deployment>("nats").Spec.Template.Spec.Containers[0].Args);
        Assert.Throws<ManifestException>(() => Environments.Plan(TestManifest.Of(Nats), Read("[ '{pw.value}' ]")));
    }

    [Fact]
    public void A_program_that_does_not_try_again_waits_for_what_its_references_lead_to()
    {
        var pod = Environments.Plan(TestManifest.Of(Shop), ValuesReader.Read([("v.yaml", "services: { shop: { waitFor: { timeoutSeconds: 60 } } }\nimages: { mirror: mirror.example.com }")])).Find<Deployment>("shop").Spec.Template.Spec;

        var wait = Assert.Single(pod.InitContainers!);
        Assert.Equal(["db:3306"], wait.Args);
        Assert.Equal("mirror.example.com/library/busybox:1.37.0", wait.Image);
        Assert.Equal("60", Assert.Single(wait.Env!).Value);
        Assert.Equal(pod.Containers[0].SecurityContext, wait.SecurityContext! with { Capabilities = pod.Containers[0].SecurityContext!.Capabilities });
        Assert.Equal(["ALL"], wait.SecurityContext.Capabilities!.Drop);
        Assert.Null(Environments.Plan(TestManifest.Of(Shop), new DeployValues()).Find<Deployment>("shop").Spec.Template.Spec.InitContainers);
    }

    [Fact]
    public async Task The_wait_ends_when_the_port_accepts_connections_and_fails_with_what_it_waited_for()
    {
        var wait = Environments.Plan(TestManifest.Of(Shop), ValuesReader.Read([("v.yaml", "services: { shop: { waitFor: {} } }")])).Find<Deployment>("shop").Spec.Template.Spec.InitContainers![0];
        var folder = Directory.CreateTempSubdirectory("rag-wait-");
        try
        {
            // In the place of nc: the port is open from the second look on.
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "nc"), "#!/bin/sh\necho \"$@\" >>\"$0.calls\"\n[ \"$4\" = db ] && [ \"$(wc -l <\"$0.calls\")\" -ge 2 ]\n");
            if (OperatingSystem.IsWindows())
            {
                return;
            }

            File.SetUnixFileMode(Path.Combine(folder.FullName, "nc"), UnixFileMode.UserRead | UnixFileMode.UserExecute);

            Assert.Equal((0, "Waiting for db:3306.\n"), await RunAsync(wait, wait.Args!, "30"));
            Assert.Equal((1, "other:80 did not accept a connection within 0 s.\n"), await RunAsync(wait, ["other:80"], "0"));
            Assert.Equal("-z -w 2 db 3306", (await File.ReadAllLinesAsync(Path.Combine(folder.FullName, "nc.calls")))[0]);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        async Task<(int, string)> RunAsync(Container container, IEnumerable<string> targets, string timeout)
        {
            var start = new System.Diagnostics.ProcessStartInfo(container.Command![0], [.. container.Command.Skip(1), .. targets]) { RedirectStandardOutput = true };
            start.Environment["PATH"] = $"{folder.FullName}:{start.Environment["PATH"]}";
            start.Environment["TIMEOUT"] = timeout;
            using var process = System.Diagnostics.Process.Start(start)!;
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return (process.ExitCode, output);
        }
    }

    [Fact]
    public void With_an_index_in_memory_request_and_limit_follow_the_number_of_chunks()
    {
        (string, string) Memory(string index)
        {
            var resources = Environments.Plan(TestManifest.Platform, ValuesReader.Read([Environments.Text("values.yaml"), ("v.yaml", $"services: {{ rag-api: {{ env: {{ Rag__Index__Provider: embedded }}{index} }} }}")]))
                .Find<Deployment>("rag-api").Spec.Template.Spec.Containers[0].Resources!;
            return (resources.Requests!["memory"], resources.Limits!["memory"]);
        }

        Assert.Equal(("512Mi", "2Gi"), Memory(""));
        // Half a million chunks of 256 dimensions: the process was measured at 1,189 MiB, of which some 190 without any (docs/performance.md).
        Assert.Equal(("1681Mi", "3217Mi"), Memory(", embeddedIndex: { chunks: 500349 }"));
        Assert.Equal(("703Mi", "2239Mi"), Memory(", embeddedIndex: { chunks: 500349, dimensions: 0 }"));
    }

    [Fact]
    public void A_label_is_cut_out_of_a_tag_that_is_none()
    {
        string Version(string tag) => PodParts.ImageVersion($"docker.io/library/redis:{tag}");

        Assert.Equal("8.6", Version("8.6"));
        Assert.Equal(new string('a', 62), Version(new string('a', 62) + "." + new string('b', 60)));
        Assert.Equal("8", Version("_8-"));
    }

    [Fact]
    public void The_platforms_services_read_their_secrets_from_files()
    {
        var plan = Environments.Plan("dev");

        var config = plan.Find<ConfigMap>("rag-api-config").Data!;
        Assert.Equal("Host=postgres;Port=5432;Username=ragplatform;Database=ragdb", config["ConnectionStrings__ragdb"]);
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
