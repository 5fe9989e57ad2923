using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Tests.Planning;

/// <summary>Wherever an address leads, something is there: Service, container, policy, probes and the way in name the same ports.</summary>
public sealed class EndpointTests
{
    private const string Ingress = "exposure: { kind: ingress, hosts: { web: w.example.com } }";
    private const string Gateway = "exposure: { kind: gateway, hosts: { web: w.example.com }, gateway: { name: public } }";

    [Fact]
    public void One_number_in_TCP_and_in_UDP_is_two_ports()
    {
        var plan = Plan(Container(Binding("dnsudp", "udp", targetPort: 1053), Binding("dnstcp", "tcp", targetPort: 1053)), "{web.bindings.dnstcp.url} {web.bindings.dnsudp.url}");

        Assert.Equal("tcp://web:1053 udp://web:1053", Address(plan));
        Assert.Equal([("dnsudp", 1053, "dnsudp", "UDP"), ("dnstcp", 1053, "dnstcp", null)], Service(plan));
        Assert.Equal([("dnsudp", 1053, "UDP"), ("dnstcp", 1053, null)], Listening(plan));
        Assert.Equal(["TCP 1053", "UDP 1053"], LetIn(plan));
        Assert.Equal("dnstcp", Pod(plan).ReadinessProbe!.TcpSocket!.Port.ToString());
    }

    [Fact]
    public void Two_ports_of_a_Service_may_lead_to_one_of_its_pods()
    {
        var plan = Plan(Container(Binding("main", "http", 80, 8080), Binding("alt", "http", 8081, 8080)), "{web.bindings.alt.url}");

        Assert.Equal("http://web:8081", Address(plan));
        Assert.Equal([("main", 80, "main", null), ("alt", 8081, "main", null)], Service(plan));
        Assert.Equal([("main", 8080, null)], Listening(plan));
        Assert.Equal(["TCP 8080"], LetIn(plan));
    }

    [Fact]
    public void The_way_in_and_probes_name_a_shared_port_as_Service_and_container_do()
    {
        const string Probes = "services: { web: { probes: { kind: http, endpoint: alt } } }";
        var plan = Plan(Container(Binding("main", "http", 80, 8080), Binding("alt", "http", 8081, 8080, external: true)), values: $"{Ingress}\n{Probes}");

        Assert.Equal("alt", Backend(plan));
        Assert.Equal("main", Pod(plan).ReadinessProbe!.HttpGet!.Port.ToString());
        Assert.Equal("main", Backend(Plan(Container(Binding("main", "http", 80, 8080), Binding("alt", "http", 80, 8080, external: true)), values: Ingress)));
    }

    [Fact]
    public void One_port_that_would_lead_to_two_is_refused()
    {
        var fault = Assert.Throws<ManifestException>(() => Plan(Container(Binding("a", "tcp", 9000, 9000), Binding("b", "tcp", 9000, 9001))));

        Assert.Equal("app.json: resource 'web': its endpoints 'a' and 'b' would both be port 9000 (TCP) of its Service, and lead to 9000 and to 9001.", fault.Message);
        Assert.Equal("Give one of them another port in the app host: WithEndpoint(port: ...).", fault.Remedy);
    }

    [Fact]
    public void Ports_of_a_store_are_told_apart_in_the_same_way()
    {
        const string Redis =
            """
            "pw": { "type": "parameter.v0", "value": "{pw.inputs.value}", "inputs": { "value": { "type": "string", "secret": true } } },
            "web": { "type": "container.v0", "image": "redis:8", "connectionString": "{web.bindings.tcp.host}:{web.bindings.tcp.port},password={pw.value}", "bindings": {
            """;
        var plan = Plan($"{Redis} {Binding("tcp", "tcp", targetPort: 6379)}, {Binding("alt", "tcp", 6380, 6379)}, {Binding("tls", "tcp", targetPort: 6390)} }} }}", "{web.bindings.alt.port}");

        Assert.Equal("6380", Address(plan));
        Assert.Equal([("tcp", 6379, "tcp", null), ("alt", 6380, "tcp", null), ("tls", 6390, "tls", null)], Service(plan));
        Assert.Single(plan.Notices, static notice => notice.StartsWith("'web' is run without its endpoint 'tls': its server listens on 6379 and nowhere else", StringComparison.Ordinal));
    }

    [Fact]
    public void A_project_without_a_certificate_listens_for_https_where_it_does_for_http()
    {
        var plan = Plan(Project(Binding("https", "https", 5001, 8001, external: true), Binding("http", "http", 5000, 8000)), "{web.bindings.https.url} {web.bindings.https.port} {web.bindings.https.targetPort} {web.bindings.https.scheme}", Ingress);

        Assert.Equal("http://web:5000 5000 8000 http", Address(plan));
        Assert.Equal([("http", 5000, "http", null)], Service(plan));
        Assert.Equal([("http", 8000, null)], Listening(plan));
        Assert.Equal("http", Pod(plan).ReadinessProbe!.HttpGet!.Port.ToString());
        Assert.Equal("http", Backend(plan));
        Assert.Equal(["TCP 8000"], LetIn(plan));
        Assert.Equal(["HTTP_PORTS"], plan.Find<ConfigMap>("web-config").Data!.Keys.Where(static name => name.EndsWith("_PORTS", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(null, null, 8080)]
    [InlineData(5000, 5001, 5000)]
    public void The_way_in_leads_to_the_http_endpoint_where_the_https_endpoint_is_the_external_one(int? http, int? https, int expected)
    {
        var web = Project(Binding("http", "http", http), Binding("https", "https", https, external: true));

        Assert.Equal("http", Backend(Plan(web, values: Ingress)));
        Assert.Equal(expected, Plan(web, values: Gateway).Find<HttpRoute>("web").Spec.Rules[0].BackendRefs[0].Port);
        Assert.Equal(expected, Assert.Single(Service(Plan(web))).Port);
    }

    [Fact]
    public void An_https_endpoint_belongs_to_the_http_endpoint_of_its_name()
    {
        var plan = Plan(Project(Binding("http", "http"), Binding("admin-http", "http", targetPort: 9000), Binding("https", "https"), Binding("admin-https", "https", 9443, 9443)), "{web.bindings.https.url} {web.bindings.admin-https.url}");

        Assert.Equal("http://web:8080 http://web:9000", Address(plan));
        Assert.Equal([("http", 8080, "http", null), ("admin-http", 9000, "admin-http", null)], Service(plan));
    }

    [Theory]
    [InlineData(null, 8080)]
    [InlineData(8443, 8443)]
    public void A_project_that_has_https_alone_listens_there_in_plain_text(int? target, int expected)
    {
        var plan = Plan(Project(Binding("https", "https", targetPort: target, external: true)), "{web.bindings.https.url}", Ingress);

        Assert.Equal($"http://web:{expected}", Address(plan));
        Assert.Equal([("https", expected, null)], Listening(plan));
        Assert.Equal("https", Backend(plan));
        Assert.Equal($"{expected}", plan.Find<ConfigMap>("web-config").Data!["HTTP_PORTS"]);
        Assert.False(plan.Find<ConfigMap>("web-config").Data!.ContainsKey("HTTPS_PORTS"));
    }

    [Fact]
    public void Probes_ask_a_port_that_is_declared_where_endpoints_of_a_project_share_one()
    {
        var plan = Plan(Project(Binding("silo", "tcp", 11111), Binding("http", "http")), "{web.bindings.silo.url} {web.bindings.http.url}");

        Assert.Equal("tcp://web:11111 http://web:8080", Address(plan));
        Assert.Equal([("silo", 11111, "silo", null), ("http", 8080, "silo", null)], Service(plan));
        Assert.Equal([("silo", 8080, null)], Listening(plan));
        Assert.Equal("silo", Pod(plan).ReadinessProbe!.HttpGet!.Port.ToString());
    }

    [Fact]
    public void Endpoints_of_a_project_that_is_told_where_to_listen_have_ports_of_their_own()
    {
        string[] bindings = [Binding("silo", "tcp", 11111), Binding("fixed", "tcp", targetPort: 8000), Binding("http", "http"), Binding("admin", "http"), Binding("https", "https")];
        const string Told = """ "HTTP_PORTS": "{web.bindings.http.targetPort};{web.bindings.admin.targetPort}", "HTTPS_PORTS": "{web.bindings.https.targetPort}", "SILO": "{web.bindings.silo.targetPort}" """;
        var plan = Plan($$""" "web": { "type": "project.v0", "path": "web.csproj", "env": { {{Told}} }, "bindings": { {{string.Join(", ", bindings)}} } } """, "{web.bindings.silo.url} {web.bindings.admin.url}");

        Assert.Equal(("8080;8001", "8002"), (plan.Find<ConfigMap>("web-config").Data!["HTTP_PORTS"], plan.Find<ConfigMap>("web-config").Data!["SILO"]));
        Assert.Equal("tcp://web:11111 http://web:8001", Address(plan));
        Assert.Equal([("silo", 8002, null), ("fixed", 8000, null), ("http", 8080, null), ("admin", 8001, null)], Listening(plan));
        Assert.Equal("http", Pod(plan).ReadinessProbe!.HttpGet!.Port.ToString());
    }

    [Fact]
    public void Names_of_ports_are_valid_and_no_two_are_equal()
    {
        string[] endpoints = ["http", "HTTP", "my_port", "my-port", "12345678901234567890", "12345678901234567891", "2024-11-28-12-30-15"];
        var plan = Plan(Container([.. endpoints.Select(static (name, i) => Binding(name, "tcp", targetPort: 9000 + i))]));

        var names = Listening(plan).Select(static port => port.Name).ToList();
        Assert.Equal(endpoints.Length, names.Distinct().Count());
        Assert.All(names, static name => Assert.Matches("^(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$", name));
        Assert.Equal(["http", "my-port"], [names[0], names[2]]);
        Assert.Equal(Service(plan).Select(static port => port.Name), names);
        Assert.Matches("[a-z]", ServicePlan.PortName("12345678901234567890"));
    }

    private static PlatformPlan Plan(string web, string address = "", string values = "name: ragplatform")
    {
        var manifest = TestManifest.Of($$""" {{web}}, "user": { "type": "container.v0", "image": "user:1", "env": { "ADDRESS": "{{address}}" } } """);
        return Environments.Plan(manifest, ValuesReader.Read([("v.yaml", values)]));
    }

    private static string Container(params string[] bindings) => $$""" "web": { "type": "container.v0", "image": "web:1", "bindings": { {{string.Join(", ", bindings)}} } } """;

    // As Aspire writes it: what a project listens on stands in its variables.
    private static string Project(params string[] bindings)
    {
        var variables =
            from scheme in new[] { "http", "https" }
            where bindings.Any(binding => binding.Contains($"\"{scheme}\": {{", StringComparison.Ordinal))
            select $$""" "{{scheme.ToUpperInvariant()}}_PORTS": "{web.bindings.{{scheme}}.targetPort}" """;
        return $$""" "web": { "type": "project.v0", "path": "web.csproj", "env": { {{string.Join(", ", variables)}} }, "bindings": { {{string.Join(", ", bindings)}} } } """;
    }

    private static string Binding(string name, string scheme, int? port = null, int? targetPort = null, bool external = false)
    {
        string Number(string key, int? value) => value is null ? "" : $", \"{key}\": {value}";
        return $$""" "{{name}}": { "scheme": "{{scheme}}", "protocol": "{{(scheme == "udp" ? "udp" : "tcp")}}", "transport": "{{(scheme == "https" ? "http" : scheme)}}"{{Number("port", port)}}{{Number("targetPort", targetPort)}}{{(external ? ", \"external\": true" : "")}} } """;
    }

    private static string Address(PlatformPlan plan) => plan.Find<ConfigMap>("user-config").Data!["ADDRESS"];

    private static Container Pod(PlatformPlan plan) => plan.Find<Deployment>("web").Spec.Template.Spec.Containers[0];

    private static IEnumerable<(string Name, int Port, string Target, string? Protocol)> Service(PlatformPlan plan) =>
        plan.Find<Service>("web").Spec.Ports!.Select(static port => (port.Name, port.Port, port.TargetPort.ToString()!, port.Protocol));

    private static IEnumerable<(string Name, int Number, string? Protocol)> Listening(PlatformPlan plan) => Pod(plan).Ports!.Select(static port => (port.Name, port.ContainerPortNumber, port.Protocol));

    private static IEnumerable<string> LetIn(PlatformPlan plan) =>
        plan.Find<NetworkPolicy>("web").Spec.Ingress!.SelectMany(static rule => rule.Ports!).Select(static port => $"{port.Protocol} {port.Port}").Distinct();

    private static string Backend(PlatformPlan plan) => plan.Find<Kubernetes.Ingress>("ragplatform").Spec.Rules[0].Http.Paths[0].Backend.Service.Port.Name;
}
