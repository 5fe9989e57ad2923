using Rag.Deploy.AppModel;
using Rag.Deploy.Values;

namespace Rag.Deploy.Tests.Planning;

/// <summary>Images that are built from a Dockerfile: what goes into them stays in them, and somebody has to build them.</summary>
public sealed class ImageBuildTests
{
    private const string Others = """
        "p": { "type": "parameter.v0", "value": "{p.inputs.value}", "inputs": { "value": { "type": "string", "secret": true, "default": { "value": "hunter2" } } } },
        "size": { "type": "parameter.v0", "value": "{size.inputs.value}", "inputs": { "value": { "type": "string", "default": { "value": "3" } } } },
        """;

    private const string Overridden = "images: { override: { w: 'else.example.com/w:7' } }";

    [Theory]
    [InlineData("{nope.value}", "app.json: resource 'w': build.args.A: {nope.value} cannot be resolved: there is no resource 'nope'.")]
    [InlineData("{nope.bindings.http.url}", "app.json: resource 'w': build.args.A: {nope.bindings.http.url} cannot be resolved: there is no resource 'nope'.")]
    [InlineData("{ring.value}", "app.json: resource 'w': build.args.A refers to itself: {ring.value} -> {ring.value}.")]
    [InlineData("x{p.value}", "app.json: resource 'w': build.args.A holds a secret (x<p>)")]
    public void What_is_wrong_with_an_argument_is_refused_unless_the_image_is_built_elsewhere(string argument, string words)
    {
        foreach (var manifest in new[] { Manifest(argument), Old(argument) })
        {
            var fault = Assert.Throws<ManifestException>(() => Environments.Plan(manifest, new DeployValues()));

            Assert.StartsWith(words, fault.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("hunter2", fault.Message + fault.Remedy, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_argument_of_an_image_that_is_built_elsewhere_is_not_looked_at() =>
        Assert.DoesNotContain(Environments.Plan(Manifest("{p.value}"), Read(Overridden)).Notices, static notice => notice.Contains("Dockerfile", StringComparison.Ordinal));

    [Fact]
    public void Somebody_is_told_to_build_it()
    {
        var notices = Environments.Plan(Manifest("{size.value}"), Read("version: '7'\nimages: { registry: registry.example.com/rag }")).Notices;

        Assert.Single(notices, static notice => notice.StartsWith(
            "'w' runs registry.example.com/rag/w:7, which is built from a Dockerfile ('app/Dockerfile', context 'app') and not by 'rag images':", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(""" "v": { "type": "value.v0", "connectionString": "{v.connectionString}" } """, "app.json: resource 'v': connectionString refers to itself: {v.connectionString} -> {v.connectionString}.")]
    [InlineData(""" "v": { "type": "value.v0", "connectionString": "x={nope.connectionString}" } """, "app.json: resource 'v': connectionString: {nope.connectionString} cannot be resolved: there is no resource 'nope'.")]
    [InlineData(""" "e": { "type": "parameter.v0", "value": "x", "connectionString": "x={nope.value}" } """, "app.json: resource 'e': connectionString: {nope.value} cannot be resolved: there is no resource 'nope'.")]
    [InlineData(""" "e": { "type": "parameter.v0", "value": "{e.inputs.nope}" } """, "app.json: resource 'e': value: {e.inputs.nope} cannot be resolved: parameter 'e' has no 'inputs.nope'.")]
    [InlineData(""" "u": { "type": "annotated.string", "value": "{nope.value}", "filter": "uri" } """, "app.json: resource 'u': value: {nope.value} cannot be resolved: there is no resource 'nope'.")]
    [InlineData(""" "c": { "type": "container.v0", "image": "c:1", "connectionString": "{c.bindings.tcp.host}" } """, "app.json: resource 'c': connectionString: {c.bindings.tcp.host} cannot be resolved: 'c' has no endpoint 'tcp'")]
    public void A_mistake_in_what_nobody_refers_to_is_refused_as_well(string resources, string words) =>
        Assert.StartsWith(words, Assert.Throws<ManifestException>(() => Environments.Plan(TestManifest.Of(resources), new DeployValues())).Message, StringComparison.Ordinal);

    [Fact]
    public void What_only_a_user_of_it_would_need_may_be_missing()
    {
        var manifest = TestManifest.Of(
            """
            "cloud": { "type": "azure.bicep.v0", "path": "x.bicep" },
            "broken": { "error": "no endpoint" },
            "tool": { "type": "executable.v0", "workingDirectory": ".", "command": "make" },
            "open": { "type": "parameter.v0", "value": "{open.inputs.value}", "inputs": { "value": { "type": "string" } } },
            "v": { "type": "value.v0", "connectionString": "{cloud.outputs.x};{broken.connectionString};{tool.bindings.http.url};{open.value}" }
            """);

        Assert.Equal(3, Environments.Plan(manifest, new DeployValues()).Notices.Count);
    }

    private static AppManifest Manifest(string argument) => Of(argument, $$"""{ "type": "container.v1", "build": { "context": "app", "dockerfile": "app/Dockerfile", "args": { "A": "{{argument}}", "B": null } } }""");

    private static AppManifest Old(string argument) => Of(argument, $$"""{ "type": "dockerfile.v0", "path": "app/Dockerfile", "context": "app", "buildArgs": { "A": "{{argument}}" } }""");

    // What refers to itself is a fault of its own where it is not what is asked for.
    private static AppManifest Of(string argument, string workload) => TestManifest.Of(
        Others + (argument == "{ring.value}" ? """ "ring": { "type": "annotated.string", "value": "{ring.value}", "filter": "uri" }, """ : "") + $"\"w\": {workload}");

    private static DeployValues Read(string text) => ValuesReader.Read([("v.yaml", text)]);
}
