using System.Text.Json;
using System.Text.Json.Nodes;
using LocalHosting.Tests.Model;

namespace LocalHosting.Tests.Manifest;

internal static class Json
{
    public static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static async Task<JsonObject> ResourcesAsync(IDistributedApplicationBuilder builder) =>
        JsonNode.Parse(await TestAppHost.ManifestAsync(builder))!["resources"]!.AsObject();
}
