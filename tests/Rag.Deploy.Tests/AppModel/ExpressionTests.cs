using Rag.Deploy.AppModel;
using Rag.Deploy.AppModel.Expressions;

namespace Rag.Deploy.Tests.AppModel;

public sealed class ExpressionTests
{
    private const string Database =
        """
        "db": { "type": "container.v0", "image": "postgres:18", "connectionString": "Host={db.bindings.tcp.host};Port={db.bindings.tcp.port};Password={pw.value}",
          "bindings": { "tcp": { "scheme": "tcp", "protocol": "tcp", "transport": "tcp", "port": 15432, "targetPort": 5432 } } },
        "app": { "type": "value.v0", "connectionString": "{db.connectionString};Database=app" },
        "pw": { "type": "parameter.v0", "value": "{pw.inputs.value}", "inputs": { "value": { "type": "string", "secret": true } } },
        "pw-uri": { "type": "annotated.string", "value": "{pw.value}", "filter": "uri" },
        "region": { "type": "parameter.v0", "value": "{region.inputs.value}", "inputs": { "value": { "type": "string", "default": { "value": "a b" } } } },
        "region-uri": { "type": "annotated.string", "value": "{region.value}", "filter": "uri" },
        "open": { "type": "parameter.v0", "value": "{open.inputs.value}", "inputs": { "value": { "type": "string" } } },
        "web": { "type": "project.v0", "path": "web.csproj", "bindings": {
          "http": { "scheme": "http", "protocol": "tcp", "transport": "http" }, "https": { "scheme": "https", "protocol": "tcp", "transport": "http" } } },
        "ring": { "type": "value.v0", "connectionString": "a={gnir.connectionString}" },
        "gnir": { "type": "value.v0", "connectionString": "b={ring.connectionString}" },
        "cloud": { "type": "azure.bicep.v0" },
        "tool": { "type": "executable.v0", "workingDirectory": ".", "command": "make", "bindings": { "http": { "scheme": "http", "protocol": "tcp", "transport": "http", "port": 1 } } }
        """;

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("{db.bindings.tcp.host}:{db.bindings.tcp.port}", "db:15432")]
    [InlineData("{db.bindings.tcp.targetPort}", "5432")]
    [InlineData("{db.bindings.tcp.url}", "tcp://db:15432")]
    [InlineData("{web.bindings.http.url}", "http://web:8080")]
    [InlineData("{web.bindings.https.url}", "http://web:8080")]
    [InlineData("{web.containerImage}", "web:1")]
    [InlineData("{db.containerImage}", "postgres:18")]
    [InlineData("{region.value}", "a b")]
    [InlineData("{region-uri.value}", "a%20b")]
    [InlineData("{app.connectionString}", "Host=db;Port=15432;Password=<pw>;Database=app")]
    [InlineData("{{app.connectionString}}", "{app.connectionString}")]
    [InlineData("{{{region.value}}}", "{a b}")]
    [InlineData("""{"a":{"b":1}}""", """{"a":{"b":1}}""")]
    [InlineData("{0:yyyy} {x} {a.b} { db.value }", "{0:yyyy} {x} {a.b} { db.value }")]
    public void Texts_are_resolved(string text, string expected) => Assert.Equal(expected, Resolve(text).ToString());

    [Fact]
    public void A_secret_taints_whatever_it_is_part_of()
    {
        var connection = Resolve("{app.connectionString}");

        Assert.True(connection.IsSecret);
        Assert.Equal([new SecretPart("pw")], connection.Secrets);
        Assert.Throws<InvalidOperationException>(() => connection.Plain);
        Assert.Equal([new SecretPart("pw", UriEncodings: 1)], Resolve("x:{pw-uri.value}@y").Secrets);
    }

    [Theory]
    [InlineData("{nothing.connectionString}", "there is no resource 'nothing'")]
    [InlineData("{nothing.bindings.http.url}", "there is no resource 'nothing'")]
    [InlineData("{db.bindings.http.url}", "'db' has no endpoint 'http'; it has: tcp")]
    [InlineData("{db.bindings.tcp.colour}", "an endpoint has no 'colour'")]
    [InlineData("{web.connectionString}", "'web' has no 'connectionString'")]
    [InlineData("{open.value}", "parameter 'open' has no value")]
    [InlineData("{ring.connectionString}", "refers to itself: {ring.connectionString} -> {gnir.connectionString} -> {ring.connectionString}")]
    [InlineData("{cloud.outputs.endpoint}", "'azure.bicep.v0', which is not known here")]
    [InlineData("{tool.bindings.http.url}", "a program of the developer's machine")]
    public void What_leads_nowhere_is_said_with_file_resource_place_and_expression(string text, string expected)
    {
        var fault = Assert.Throws<ManifestException>(() => Resolve(text));

        Assert.StartsWith("app.json: resource 'web': env.X", fault.Message, StringComparison.Ordinal);
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Endpoints_are_found_through_everything_between()
    {
        var manifest = TestManifest.Of(Database);
        var resolver = new ExpressionResolver(manifest, new Facts());

        var found = Assert.Single(resolver.Endpoints("x={app.connectionString}"));

        Assert.Equal(("db", "tcp"), (found.Workload.Name, found.Endpoint));
    }

    private static ResolvedText Resolve(string text) => new ExpressionResolver(TestManifest.Of(Database), new Facts()).Resolve("web", "env.X", text);

    private sealed class Facts : IDeploymentFacts
    {
        public string Host(WorkloadResource workload) => workload.Name;

        public string? Parameter(string name) => null;

        public string Image(WorkloadResource workload) => $"{workload.Name}:1";
    }
}
