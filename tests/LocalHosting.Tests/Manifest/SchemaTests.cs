using Rag.Testing;
using System.Text.Json.Nodes;
using LocalHosting.Tests.Model;
using NJsonSchema;

namespace LocalHosting.Tests.Manifest;

public sealed class SchemaTests
{
    private const string SchemaFile = "aspire-manifest.schema.json";

    // Not in it: an anonymous volume. Aspire writes it without a name, which its own schema demands.
    [SharedFileFact(SchemaFile)]
    public async Task Every_kind_of_resource_is_valid()
    {
        var builder = TestAppHost.Publish();
        var key = builder.AddParameter("key", new GenerateParameterDefault { MinLength = 40, Special = false, MinUpper = 1 }, secret: true);
        var shown = builder.AddParameter("shown", "value", publishValueAsDefault: true);
        var outside = builder.AddConnectionString("outside");
        var db = builder.AddPostgres("postgres").WithDataVolume().AddDatabase("db");
        var cache = builder.AddRedis("cache").WithDataVolume();
        var vectors = builder.AddQdrant("vectors").WithDataVolume();
        var composed = builder.AddConnectionString("composed", ReferenceExpression.Create($"Host={shown};Key={key:uri}"));
        var tool = builder.AddContainer("tool", "tool", "1").WithBindMount("etc", "/etc/tool", isReadOnly: true).WithVolume("tool-data", "/data").WithHttpEndpoint(port: 1, targetPort: 2)
            .WithEntrypoint("/bin/tool").WithArgs("--key", key);
        builder.AddDockerfile("site", "../site", stage: "final").WithBuildArg("SHOWN", shown).WithHttpEndpoint(targetPort: 80);
        builder.AddExecutable("script", "bash", ".", "-c", "true").WithReference(tool.GetEndpoint("http"));
        builder.AddProject("api", "../Api/Api.csproj", options => options.ExcludeLaunchProfile = true)
            .WithReference(outside).WithReference(db).WithReference(cache).WithReference(vectors).WithReference(composed)
            .WithReference("docs", new Uri("https://example.com/docs")).WithHttpEndpoint().WithExternalHttpEndpoints();

        Assert.Empty(await ProblemsAsync(await TestAppHost.ManifestAsync(builder)));
    }

    [SharedFileFact(SchemaFile)]
    public async Task What_AppHost_publishes_is_valid()
    {
        var manifest = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "tests/AppHost.Tests/Publishing/apphost-manifest.json"));

        Assert.Empty(await ProblemsAsync(manifest));
    }

    [SharedFileFact(SchemaFile)]
    public async Task The_check_sees_a_wrong_field()
    {
        var manifest = JsonNode.Parse(Snapshot.Read("aspire-manifest.sample.json"))!;
        manifest["resources"]!["rag-api"]!["bindings"]!["http"]!["transport"] = "carrier-pigeon";

        Assert.NotEmpty(await ProblemsAsync(manifest.ToJsonString()));
    }

    private static async Task<IEnumerable<string>> ProblemsAsync(string manifest)
    {
        var text = JsonNode.Parse(await File.ReadAllTextAsync(Repository.Shared(SchemaFile)))!;
        ToDraft4(text);
        var schema = await JsonSchema.FromJsonAsync(text.ToJsonString());
        return schema.Validate(manifest).Select(error => error.ToString());
    }

    // NJsonSchema knows draft 4 and the schema is draft 7. What it uses of the later drafts can be said in the older one: "const" as an
    // enumeration of one, a property's schema "true" as the empty one and "false" as its opposite.
    private static void ToDraft4(JsonNode node)
    {
        switch (node)
        {
            case JsonObject fields:
                if (fields["const"] is JsonValue value)
                {
                    fields.Remove("const");
                    fields["enum"] = new JsonArray(value.DeepClone());
                }

                if (fields["properties"] is JsonObject properties)
                {
                    foreach (var (name, schema) in properties.ToArray())
                    {
                        if (schema is JsonValue flag)
                        {
                            properties[name] = flag.GetValue<bool>() ? new JsonObject() : new JsonObject { ["not"] = new JsonObject() };
                        }
                    }
                }

                foreach (var field in fields.Select(field => field.Value).OfType<JsonNode>().ToArray())
                {
                    ToDraft4(field);
                }

                break;
            case JsonArray items:
                foreach (var item in items.OfType<JsonNode>())
                {
                    ToDraft4(item);
                }

                break;
        }
    }
}
