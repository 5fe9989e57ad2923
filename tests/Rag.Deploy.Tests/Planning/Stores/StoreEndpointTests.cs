using Rag.Deploy.AppModel;
using Rag.Deploy.Values;

namespace Rag.Deploy.Tests.Planning.Stores;

/// <summary>A store that the app model gives no endpoint.</summary>
public sealed class StoreEndpointTests
{
    [Theory]
    [InlineData("postgres:17", "bundled")]
    [InlineData("postgres:17", "operator")]
    [InlineData("redis:8", "bundled")]
    [InlineData("qdrant/qdrant:v1.17", "bundled")]
    public void What_is_missing_is_said_with_file_and_resource(string image, string mode)
    {
        var manifest = TestManifest.Of($$"""
            "pw": { "type": "parameter.v0", "value": "{pw.inputs.value}", "inputs": { "value": { "type": "string", "secret": true } } },
            "db": { "type": "container.v0", "image": "{{image}}", "connectionString": "Username=postgres;Password={pw.value}", "env": { "POSTGRES_PASSWORD": "{pw.value}" } }
            """);

        var fault = Assert.Throws<ManifestException>(() => Environments.Plan(manifest, ValuesReader.Read([("v.yaml", $"stores: {{ db: {{ mode: {mode} }} }}")])));

        Assert.Equal("app.json: resource 'db': 'bindings' is missing: it has no endpoint, so nobody could connect to it.", fault.Message);
        Assert.Equal("Give it one in the app host: WithEndpoint(targetPort: ...). Where it runs elsewhere: 'stores.db.mode: external'.", fault.Remedy);
    }
}
