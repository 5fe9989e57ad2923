using Rag.Deploy.AppModel;

namespace Rag.Deploy.Tests.AppModel;

public sealed class ManifestReaderTests
{
    [Fact]
    public void The_platforms_own_manifest_is_read_whole()
    {
        var manifest = TestManifest.Platform;

        Assert.Empty(manifest.Notices);
        Assert.Equal(["postgres", "cache", "rag-api", "rag-ingest", "rag-web", "vectors"], manifest.Workloads.Select(static w => w.Name));
        var api = Assert.IsType<ProjectResource>(manifest.Resources["rag-api"]);
        Assert.Equal("../Rag.Api/Rag.Api.csproj", api.Path);
        Assert.Equal(new Binding("http", "tcp", "http", null, null, External: true), api.Bindings["http"]);
        Assert.Equal("{ragdb.connectionString}", api.Env["ConnectionStrings__ragdb"]);
        var postgres = Assert.IsType<ContainerResource>(manifest.Resources["postgres"]);
        Assert.Equal("docker.io/library/postgres:18.3", postgres.Image);
        Assert.Equal("/var/lib/postgresql", Assert.Single(postgres.Volumes).Target);
        var key = Assert.IsType<ParameterResource>(manifest.Resources["bootstrap-key"]);
        Assert.True(key.IsSecret);
        Assert.Equal(new GeneratedText(32) { Special = false }, key.Inputs["value"].Generate);
    }

    [Fact]
    public void Unknown_types_and_what_the_host_could_not_write_are_reported_and_the_rest_is_read()
    {
        var manifest = TestManifest.Of(
            """
            "storage": { "type": "azure.bicep.v0", "path": "storage.bicep" },
            "broken": { "error": "no endpoint" },
            "tool": { "type": "executable.v0", "workingDirectory": ".", "command": "make" },
            "web": { "type": "container.v0", "image": "nginx:1.29" }
            """);

        Assert.Equal(["web"], manifest.Workloads.Select(static w => w.Name));
        Assert.Equal(3, manifest.Notices.Count);
        Assert.Contains("'azure.bicep.v0'", manifest.Notices[0], StringComparison.Ordinal);
        Assert.Contains("no endpoint", manifest.Notices[1], StringComparison.Ordinal);
        Assert.Contains("'make'", manifest.Notices[2], StringComparison.Ordinal);
    }

    [Fact]
    public void A_Dockerfile_is_read_in_both_of_its_forms()
    {
        var manifest = TestManifest.Of(
            """
            "old": { "type": "dockerfile.v0", "path": "app/Dockerfile", "context": "app", "buildArgs": { "A": "1" } },
            "new": { "type": "container.v1", "build": { "context": "app", "dockerfile": "app/Dockerfile", "stage": "final", "args": { "A": null } } }
            """);

        var old = Assert.IsType<ContainerResource>(manifest.Resources["old"]).Build!;
        var current = Assert.IsType<ContainerResource>(manifest.Resources["new"]).Build!;
        Assert.Equal(("app", "app/Dockerfile", null, "1"), (old.Context, old.Dockerfile, old.Stage, old.Args["A"]));
        Assert.Equal(("app", "app/Dockerfile", "final", null), (current.Context, current.Dockerfile, current.Stage, current.Args["A"]));
    }

    [Theory]
    [InlineData("""{ "resources": """, "not a manifest")]
    [InlineData("""[]""", "an object was expected, this is a list")]
    [InlineData("""{}""", "'resources' is missing")]
    [InlineData("""{ "resources": { "a": {} } }""", "resource 'a': 'type' is missing")]
    [InlineData("""{ "resources": { "a": { "type": "value.v0" } } }""", "resource 'a': 'connectionString' is missing")]
    [InlineData("""{ "resources": { "a": { "type": "container.v0" } } }""", "neither 'image' nor 'build'")]
    [InlineData("""{ "resources": { "a": { "type": "value.v0", "connectionString": "x" }, "a": { "type": "value.v0", "connectionString": "y" } } }""", "not a manifest")]
    [InlineData("""{ "resources": { "a": { "type": "container.v0", "image": "x", "env": { "B": [] } } } }""", "resource 'a': env.B: a text was expected, this is a list")]
    [InlineData("""{ "resources": { "a": { "type": "container.v0", "image": "x", "args": "b" } } }""", "resource 'a': args: a list was expected")]
    [InlineData("""{ "resources": { "a": { "type": "container.v0", "image": "x", "bindings": { "http": { "scheme": "http", "protocol": "tcp", "transport": "http", "targetPort": 70000 } } } } }""", "between 1 and 65535")]
    [InlineData("""{ "resources": { "p": { "type": "parameter.v0", "value": "{p.inputs.pass}", "inputs": { "pass": { "secret": true }, "user": {}, "pin": { "secret": true } } } } }""", "resource 'p': it has 2 secret inputs (pass, pin)")]
    public void What_is_wrong_is_said_with_file_resource_and_field(string json, string expected)
    {
        var fault = Assert.Throws<ManifestException>(() => ManifestReader.Read("app.json", System.Text.Encoding.UTF8.GetBytes(json)));

        Assert.StartsWith("app.json: ", fault.Message, StringComparison.Ordinal);
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Shop.Api")]
    [InlineData("1st")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("a--b")]
    [InlineData("a_b")]
    [InlineData("caf\u00e9")]
    [InlineData("")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void A_name_that_Aspire_does_not_allow_is_refused_with_what_is(string name)
    {
        var fault = Assert.Throws<ManifestException>(() => TestManifest.Of($$""" "{{name}}": { "type": "container.v0", "image": "a:1" } """));

        Assert.StartsWith($"app.json: resource '{name}': Aspire has no such names of resources; allowed are: letters, digits and '-', beginning with a letter", fault.Message, StringComparison.Ordinal);
        Assert.Equal("Rename it in the app host.", fault.Remedy);
    }

    [Fact]
    public void Names_that_Aspire_allows_and_those_of_what_is_not_known_are_read()
    {
        var longest = new string('a', 64);

        var manifest = TestManifest.Of(
            $$"""
            "Api-2b": { "type": "project.v0", "path": "api.csproj" }, "{{longest}}": { "type": "parameter.v0", "value": "x" },
            "{{longest}}-uri-encoded": { "type": "annotated.string", "value": "{{{longest}}.value}", "filter": "uri" },
            "a.b": { "type": "azure.bicep.v0", "path": "a.bicep" }, "API-2B": { "type": "azure.bicep.v0", "path": "b.bicep" }, "c d": { "error": "no" }
            """);

        Assert.Equal(6, manifest.Resources.Count);
    }

    [Fact]
    public void Names_differ_in_more_than_upper_and_lower_case()
    {
        var fault = Assert.Throws<ManifestException>(() => TestManifest.Of(""" "Cache": { "type": "container.v0", "image": "a:1" }, "cache": { "type": "value.v0", "connectionString": "x" } """));

        Assert.Equal("app.json: resource 'cache': there is 'Cache' too; names have to differ in more than upper and lower case.", fault.Message);
    }

    [Fact]
    public void A_file_that_is_not_there_is_said_with_how_to_come_by_one()
    {
        var fault = Assert.Throws<ManifestException>(() => ManifestReader.ReadFile(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName())));

        Assert.Contains("--publisher manifest", fault.Remedy, StringComparison.Ordinal);
    }
}
