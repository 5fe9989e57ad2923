using Rag.Deploy.Kubernetes;
using Rag.Deploy.Values;
using YamlDotNet.RepresentationModel;

namespace Rag.Deploy.Tests.Monitoring;

public sealed class MonitoringPlanTests
{
    private static readonly string[] Signals = ["traces", "metrics", "logs"];

    [Fact]
    public void It_is_off_in_dev_and_on_in_prod()
    {
        Assert.DoesNotContain(Environments.Plan("dev").Objects, static planned => planned.Object.Metadata.Name == "otel-collector");
        Assert.DoesNotContain("OTEL_EXPORTER_OTLP_ENDPOINT", Environments.Plan("dev").Find<ConfigMap>("rag-api-config").Data!.Keys);
        Assert.Equal("http://otel-collector:4317", Environments.Plan("prod").Find<ConfigMap>("rag-api-config").Data!["OTEL_EXPORTER_OTLP_ENDPOINT"]);
    }

    [Fact]
    public void Every_service_is_told_where_to_send_and_who_it_is()
    {
        var plan = MonitoringPlans.Of("operator");
        var collector = plan.Find<Service>("otel-collector");

        foreach (var name in (string[])["rag-api", "rag-ingest", "rag-web"])
        {
            var config = plan.Find<ConfigMap>($"{name}-config").Data!;
            var endpoint = new Uri(config["OTEL_EXPORTER_OTLP_ENDPOINT"]);
            Assert.Equal(collector.Metadata.Name, endpoint.Host);
            Assert.Contains(collector.Spec.Ports!, port => port.Port == endpoint.Port);
            Assert.Equal(name, config["OTEL_SERVICE_NAME"]);
            var environment = plan.Find<Deployment>(name).Spec.Template.Spec.Containers[0].Env!;
            Assert.Equal("metadata.name", environment[0].ValueFrom!.FieldRef!.FieldPath);
            Assert.Equal($"service.instance.id=$({environment[0].Name}),k8s.pod.name=$({environment[0].Name}),k8s.namespace.name=ragplatform", environment[1].Value);
        }
    }

    [Fact]
    public void What_the_values_say_of_telemetry_wins_and_what_cannot_send_is_told_nothing()
    {
        var plan = Environments.Plan(
            TestManifest.Of(""" "a": { "type": "project.v0", "path": "a.csproj" }, "b": { "type": "container.v0", "image": "b:1" }, "c": { "type": "container.v0", "image": "c:1", "env": { "OTEL_SERVICE_NAME": "see" } } """),
            ValuesReader.Read([("v.yaml", "monitoring: { mode: external }\nservices: { a: { env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://elsewhere:4317' } } }")]));

        Assert.Equal("http://elsewhere:4317", plan.Find<ConfigMap>("a-config").Data!["OTEL_EXPORTER_OTLP_ENDPOINT"]);
        Assert.Equal("see", plan.Find<ConfigMap>("c-config").Data!["OTEL_SERVICE_NAME"]);
        Assert.Null(plan.Find<Deployment>("b").Spec.Template.Spec.Containers[0].Env);
        Assert.DoesNotContain(plan.Objects, static planned => planned.Object is ConfigMap { Metadata.Name: "b-config" });
    }

    [Fact]
    public void Every_signal_that_is_received_is_limited_batched_and_goes_somewhere()
    {
        var config = Config("operator, collector: { otlp: { endpoint: 'https://otlp.example.com', metrics: true, authorizationSecret: otlp } }");

        foreach (var signal in Signals)
        {
            var pipeline = config["service"]["pipelines"][signal];
            Assert.Equal("otlp", Assert.Single(Words(pipeline["receivers"])));
            Assert.Equal("memory_limiter", Words(pipeline["processors"])[0]);
            Assert.Equal("batch", Words(pipeline["processors"])[^1]);
            Assert.Contains("otlp_http", Words(pipeline["exporters"]));
            // Nothing is named that is not defined: the collector would not start.
            Assert.All(Words(pipeline["processors"]), name => Assert.True(((YamlMappingNode)config["processors"]).Children.ContainsKey(name)));
            Assert.All(Words(pipeline["exporters"]), name => Assert.True(((YamlMappingNode)config["exporters"]).Children.ContainsKey(name)));
        }

        Assert.Contains("prometheus", Words(config["service"]["pipelines"]["metrics"]["exporters"]));
        Assert.Equal("${file:/run/secrets/otlp/authorization}", config["exporters"]["otlp_http"]["headers"]["authorization"].ToString());
        var pod = MonitoringPlans.Of("operator, collector: { otlp: { endpoint: 'https://otlp.example.com', authorizationSecret: otlp } }").Find<Deployment>("otel-collector").Spec.Template.Spec;
        Assert.Equal("otlp", Assert.Single(pod.Volumes!, static volume => volume.Secret is not null).Secret!.SecretName);
    }

    [Fact]
    public void Without_a_receiver_traces_and_logs_end_in_the_collector_which_says_so()
    {
        var config = Config("operator");

        Assert.Equal(["nop"], Words(config["service"]["pipelines"]["traces"]["exporters"]));
        Assert.Equal(["nop"], Words(config["service"]["pipelines"]["logs"]["exporters"]));
        Assert.Equal(["prometheus"], Words(config["service"]["pipelines"]["metrics"]["exporters"]));
    }

    [Fact]
    public void A_changed_configuration_replaces_the_collector_and_a_changed_threshold_the_bundled_Prometheus()
    {
        string Collector(string mode) => Hash(MonitoringPlans.Of(mode).Find<Deployment>("otel-collector").Spec.Template);
        string Prometheus(string mode) => Hash(MonitoringPlans.Of(mode).Find<StatefulSet>("prometheus").Spec.Template);

        Assert.NotEqual(Collector("bundled"), Collector("bundled, collector: { otlp: { endpoint: 'http://tempo.monitoring:4318' } }"));
        Assert.Equal(Collector("bundled"), Collector("bundled, alerts: { queueMinutes: 3 }"));
        Assert.NotEqual(Prometheus("bundled"), Prometheus("bundled, alerts: { queueMinutes: 3 }"));
    }

    [Fact]
    public void The_operators_Prometheus_finds_the_collector_and_keeps_who_said_what()
    {
        var plan = MonitoringPlans.Of("operator, labels: { release: stack }");
        var monitor = plan.Find<ServiceMonitor>("otel-collector");
        var service = plan.Find<Service>("otel-collector");

        Assert.Equal("stack", monitor.Metadata.Labels!["release"]);
        Assert.Equal("stack", plan.Find<PrometheusRule>("ragplatform").Metadata.Labels!["release"]);
        Assert.All(monitor.Spec.Selector.MatchLabels!, label => Assert.Equal(label.Value, service.Metadata.Labels![label.Key]));
        Assert.All(monitor.Spec.Endpoints, endpoint => Assert.Contains(service.Spec.Ports!, port => port.Name == endpoint.Port));
        Assert.True(monitor.Spec.Endpoints.Single(static endpoint => endpoint.Port == "metrics").HonorLabels);
    }

    [Fact]
    public void Whoever_scrapes_by_annotations_finds_them_and_has_the_rules_to_take()
    {
        var plan = MonitoringPlans.Of("external");

        Assert.Equal("8889", plan.Find<Deployment>("otel-collector").Spec.Template.Metadata.Annotations!["prometheus.io/port"]);
        Assert.Contains("alert: RagSearchSlow", plan.Find<ConfigMap>("ragplatform-alerts").Data!["rules.yaml"], StringComparison.Ordinal);
        Assert.DoesNotContain(plan.Objects, static planned => planned.Object is PrometheusRule or ServiceMonitor or StatefulSet { Metadata.Name: "prometheus" });
    }

    [PromtoolFact]
    public async Task Prometheus_takes_the_configuration_of_the_bundled_one()
    {
        var plan = MonitoringPlans.Of("bundled, prometheus: { kubeStateMetrics: kube-state-metrics.kube-system:8080, alertmanager: alertmanager.monitoring:9093 }");
        var folder = Directory.CreateTempSubdirectory("rag-prometheus-");
        try
        {
            var text = plan.Find<ConfigMap>("prometheus-config").Data!["prometheus.yml"];
            var rules = plan.Find<StatefulSet>("prometheus").Spec.Template.Spec.Containers[0].VolumeMounts!.Single(static mount => mount.Name == "rules").MountPath;
            Assert.Contains($"{rules}/rules.yaml", text, StringComparison.Ordinal);
            File.WriteAllText(Path.Combine(folder.FullName, "prometheus.yml"), text.Replace(rules, folder.FullName, StringComparison.Ordinal));
            File.WriteAllText(Path.Combine(folder.FullName, "rules.yaml"), plan.Find<ConfigMap>("ragplatform-alerts").Data!["rules.yaml"]);

            Assert.Null(await Promtool.RunAsync(folder.FullName, "check", "config", "prometheus.yml"));
            Assert.Contains("otel-collector:8889", text, StringComparison.Ordinal);
            Assert.Contains("alertmanager.monitoring:9093", text, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void The_edges_are_those_from_the_services_to_the_collector_and_from_Prometheus_to_it()
    {
        var plan = MonitoringPlans.Of("bundled");
        var collector = plan.Find<NetworkPolicy>("otel-collector").Spec;
        var prometheus = plan.Find<NetworkPolicy>("prometheus").Spec;

        Assert.Equal(["rag-api", "rag-ingest", "rag-web"], collector.Ingress![0].From!.Select(Name).Order(StringComparer.Ordinal));
        Assert.Equal([4317], collector.Ingress[0].Ports!.Select(static port => port.Port.Number!.Value));
        Assert.Equal(["prometheus"], collector.Ingress[1].From!.Select(Name));
        Assert.Equal([8888, 8889], collector.Ingress[1].Ports!.Select(static port => port.Port.Number!.Value).Order());
        Assert.Null(collector.Egress);
        var asking = Assert.Single(prometheus.Ingress!);
        Assert.Equal(("monitoring", 9090), (asking.From![0].NamespaceSelector!.MatchLabels!["kubernetes.io/metadata.name"], asking.Ports![0].Port.Number));
        Assert.Equal(["otel-collector"], prometheus.Egress!.SelectMany(static rule => rule.To!).Select(Name));
        Assert.Contains(plan.Find<NetworkPolicy>("rag-web").Spec.Egress!, static rule => Name(rule.To![0]) == "otel-collector");
        Assert.DoesNotContain(plan.Find<NetworkPolicy>("postgres").Spec.Ingress!, static rule => rule.From!.Any(static peer => Name(peer) is "otel-collector" or "prometheus"));
    }

    [Fact]
    public void What_telemetry_goes_on_to_is_reached_where_it_is()
    {
        var inside = MonitoringPlans.Of("operator, collector: { otlp: { endpoint: 'http://tempo.tracing:4318', namespace: tracing } }").Find<NetworkPolicy>("otel-collector").Spec;
        var outside = Environments.Plan("everything").Find<NetworkPolicy>("otel-collector").Spec;

        Assert.Equal("tracing", inside.Egress![0].To![0].NamespaceSelector!.MatchLabels!["kubernetes.io/metadata.name"]);
        Assert.Equal(4318, inside.Egress[0].Ports![0].Port.Number);
        Assert.Equal("monitoring", inside.Ingress![1].From![0].NamespaceSelector!.MatchLabels!["kubernetes.io/metadata.name"]);
        Assert.Equal("192.0.2.0/24", outside.Egress![0].To![0].IpBlock!.Cidr);
        Assert.Equal(443, outside.Egress[0].Ports![0].Port.Number);
        Assert.Equal("10.9.8.7/32", Forwarded("http://10.9.8.7:4318").To![0].IpBlock!.Cidr);
        var named = Forwarded("http://telemetry.example.com:4318");
        Assert.Null(named.To);
        Assert.Equal(4318, Assert.Single(named.Ports!).Port.Number);

        static NetworkPolicyEgressRule Forwarded(string endpoint) =>
            Assert.Single(MonitoringPlans.Of($"operator, collector: {{ otlp: {{ endpoint: '{endpoint}' }} }}").Find<NetworkPolicy>("otel-collector").Spec.Egress!);
    }

    [Theory]
    [InlineData("bundled, prometheus: { alertmanager: alertmanager }", "monitoring.prometheus.alertmanager: 'alertmanager' is not allowed; allowed is: service.namespace:port")]
    [InlineData("bundled, prometheus: { retention: forever }", "monitoring.prometheus.retention: 'forever' is not allowed")]
    [InlineData("operator, alerts: { availability: '50' }", "monitoring.alerts.availability: '50' is not allowed; allowed is: a percentage from 90 to 99.999")]
    [InlineData("operator, collector: { otlp: { } }", "monitoring.collector.otlp.endpoint: it is missing")]
    [InlineData("prometheus", "monitoring.mode: 'prometheus' is not allowed; allowed are: none, operator, bundled, external.")]
    public void A_wrong_value_is_named(string mode, string expected) =>
        Assert.Contains(expected, Assert.Throws<ValuesException>(() => MonitoringPlans.Of(mode)).Message, StringComparison.Ordinal);

    private static string? Name(NetworkPolicyPeer peer) => peer.PodSelector?.MatchLabels?["app.kubernetes.io/name"];

    private static string Hash(PodTemplateSpec template) => template.Metadata.Annotations!["ragplatform.dev/config-hash"];

    private static YamlMappingNode Config(string mode) => MonitoringPlans.Document(MonitoringPlans.Of(mode).Find<ConfigMap>("otel-collector-config").Data!["config.yaml"]);

    private static List<string> Words(YamlNode list) => [.. ((YamlSequenceNode)list).Select(static node => node.ToString())];
}
